/**
 * How well the limit is kept: sixteen transfers from a server in a process of its own that has none, for a little more
 * than ten seconds, and what share of the limit times ten seconds has arrived in the first ten. Ours is the staging of a
 * node as it is, the peer `aria2c` with the same limit over all of its transfers.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { rounded, type Bench, type BenchCase, type MeasuredRow } from './bench.ts';
import { aria2Of, missing } from './download/peers.ts';
import { writeRelease } from './download/release.ts';
import { stage, withServer } from './download/staging.ts';

const transfers = 16;
const mib = 2 ** 20;
const [spanMs, wholeMs] = [10_000, 12_000];
const sampleMs = 50;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

function caseOf(mibPerSecond: number): BenchCase {
  const sizeBytes = Math.ceil((mibPerSecond * mib * wholeMs) / 1000 / transfers);
  return {
    name: `${mibPerSecond} MiB/s`,
    prepare: async () => writeRelease([{ type: 'data', count: transfers, sizeBytes }]),
    run: () => withServer([], (url) => measure(url, mibPerSecond)),
  };
}

async function measure(url: string, mibPerSecond: number): Promise<MeasuredRow[]> {
  const share = (samples: readonly Sample[]): number =>
    rounded(arrived(samples) / ((mibPerSecond * mib * spanMs) / 1000), 4);
  mkdirSync('out');
  const ours: Sample[] = [];
  const bandwidth = `${mibPerSecond}MiB`;
  await stage(url, { concurrency: transfers, perHost: transfers, bandwidth }, (progress) => {
    ours.push({ atMs: performance.now(), bytes: progress.doneBytes ?? 0 });
  });
  rmSync('out', { recursive: true });
  mkdirSync('out');
  const value = share(ours);
  const peerValue = share(await withAria2(url, mibPerSecond));
  rmSync('out', { recursive: true });
  const peer = 'aria2c --max-overall-download-limit';
  return [{ metric: 'share of limit', value, unit: '1', peer, peerValue, ratio: rounded(value / peerValue) }];
}

/** In the ten seconds from the first byte on. */
function arrived(samples: readonly Sample[]): number {
  const first = samples.find(({ bytes }) => bytes > 0);
  if (first === undefined) throw new Error('nothing arrived');
  const end = first.atMs + spanMs;
  const after = samples.find(({ atMs }) => atMs >= end);
  const before = samples.findLast(({ atMs }) => atMs < end)!;
  if (after === undefined) throw new Error(`all had arrived after ${Math.round(before.atMs - first.atMs)} ms`);
  return before.bytes + ((after.bytes - before.bytes) * (end - before.atMs)) / (after.atMs - before.atMs);
}

async function withAria2(url: string, mibPerSecond: number): Promise<Sample[]> {
  const argv = [...aria2Of(url, transfers), `--max-overall-download-limit=${mibPerSecond}M`, '--disk-cache=0'];
  const child = spawn('aria2c', argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  const samples: Sample[] = [];
  let ended: Error | 'well' | undefined;
  child.on('error', () => (ended = missing('aria2c')));
  child.on('exit', (code) => (ended ??= code === 0 ? 'well' : new Error(`aria2c ended with ${code}`)));
  while (ended === undefined) {
    await pause(sampleMs);
    samples.push({ atMs: performance.now(), bytes: bytesIn('out/data') });
  }
  if (ended !== 'well') throw ended;
  return samples;
}

function bytesIn(directory: string): number {
  try {
    const names = readdirSync(directory).filter((name) => !name.endsWith('.aria2'));
    return names.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  } catch {
    return 0;
  }
}

export const bandwidthBench: Bench = {
  name: 'bandwidth',
  summary: 'a limit over 16 transfers, kept for ten seconds at 1, 8 and 40 MiB/s, beside aria2c',
  cases: [1, 8, 40].map(caseOf),
  runs: 1,
};
