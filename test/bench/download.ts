/**
 * 200 files from a server in a process of its own, with 20 ms of latency and 50 Mbit/s for each connection. Ours is the
 * staging of a node as it is: fetched, hashed, each file and directory durable, in place. Beside it, in the same run and
 * with as many connections as a node makes to one host: the same staging one file after the other; everything
 * downloaded, then everything verified, then everything staged; `aria2c` and `curl -Z`, which neither hash nor sync.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createNodeFileSystem } from '../../src/adapters/file-system/node.ts';
import { hexOf } from '../../src/kernel/digest.ts';
import { mapBounded } from '../../src/kernel/map-bounded.ts';
import { httpSource } from '../support/release-sources.ts';
import { rounded, type Bench, type BenchRow } from './bench.ts';
import { releaseDirectory, usualShapes, writeRelease, writtenManifest } from './download/release.ts';
import { aria2Of, missing } from './download/peers.ts';
import { stage, withServer } from './download/staging.ts';

type Row = Omit<BenchRow, 'case'>;

/** What a node does by default, and how many files it reads, and makes durable, at once. */
const connections = 6;
const reads = 4;
const syncs = 3;

const server = { latencyMs: 20, bytesPerSecond: 50_000_000 / 8 } as const;

const run = (): Promise<Row[]> => withServer([server.latencyMs, server.bytesPerSecond], measure);

async function measure(url: string): Promise<Row[]> {
  const peers: readonly (readonly [string, () => Promise<void>])[] = [
    // First: it is our own code, and leaves it warm for what follows.
    ['sequential', () => stage(url, { concurrency: 1 })],
    ['aria2c', () => withAria2(url)],
    ['curl', () => withCurl(url)],
    ['unpipelined', () => unpipelined(url)],
  ];
  const rows: Row[] = [];
  for (const [peer, work] of peers) {
    const peerValue = await timed(work);
    // Right after it, so that both meet the same machine.
    const value = await timed(() => stage(url, {}));
    rows.push({ metric: 'seconds', value, unit: 's', peer, peerValue, ratio: rounded(value / peerValue) });
  }
  return rows;
}

/** Seconds. What the work leaves in `out` goes again. */
async function timed(work: () => Promise<void>): Promise<number> {
  mkdirSync('out');
  const start = performance.now();
  await work();
  const seconds = rounded((performance.now() - start) / 1000, 2);
  rmSync('out', { recursive: true });
  return seconds;
}

/** The same source, file system and numbers; only that each part begins when the one before has ended. */
async function unpipelined(url: string): Promise<void> {
  const files = createNodeFileSystem();
  const source = httpSource(url);
  const wanted = writtenManifest().files;
  const directories = ['out/fetched', 'out/staged', ...new Set(wanted.map(({ type }) => `out/staged/${type}`))].map(
    (directory) => resolve(directory),
  );
  for (const directory of directories) await files.makeDirectory(directory);
  const fetched = (sha256: string): string => resolve(`out/fetched/${sha256}`);
  await mapBounded(wanted, connections, async ({ path, sha256, sizeBytes }) => {
    const { chunks } = await source.openFile(`${releaseDirectory}/${path}`, { limitBytes: sizeBytes });
    const file = await files.openGrowing(fetched(sha256), 0);
    for await (const chunk of chunks) await file.write([chunk]);
    await file.close();
  });
  await mapBounded(wanted, reads, async ({ path, sha256 }) => {
    if (hexOf((await files.digestFile(fetched(sha256))).digest) !== sha256) throw new Error(path);
  });
  await mapBounded(wanted, syncs, async ({ path, sha256 }) => {
    const target = resolve(`out/staged/${path}`);
    await files.copyHashed(fetched(sha256), target, 0o400);
    await files.syncFile(target);
  });
  for (const directory of directories) await files.syncDirectory(directory);
}

async function withAria2(url: string): Promise<void> {
  await tool('aria2c', aria2Of(url, connections));
}

async function withCurl(url: string): Promise<void> {
  const list = writtenManifest().files.map(
    ({ path }) => `url = ${url}/${releaseDirectory}/${path}\noutput = out/${path}\n`,
  );
  writeFileSync('out/list', list.join(''));
  const options = [
    '--parallel',
    '--parallel-max',
    String(connections),
    '--create-dirs',
    '--silent',
    '--no-progress-meter',
    '--fail',
  ];
  await tool('curl', [...options, '--config', 'out/list']);
}

async function tool(program: string, argv: readonly string[]): Promise<void> {
  const result = spawnSync(program, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (result.error !== undefined) throw missing(program);
  const count =
    readdirSync('out', { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length - 1;
  if (result.status !== 0 || count !== writtenManifest().files.length) {
    throw new Error(`${program} ended with ${result.status} and ${count} files`);
  }
}

export const downloadBench: Bench = {
  name: 'download',
  summary: '200 files over 50 Mbit/s connections with 20 ms of latency: staging beside sequential, aria2c, curl',
  cases: [{ name: '200 files', prepare: async () => writeRelease(usualShapes), run }],
};
