/**
 * Patches between real consecutive releases: each algorithm of the registry, what `release delta` keeps of them with its
 * usual options, and the programs of Debian that do the same. Every process is measured whole, Node's start included;
 * `peakMiB` is that of applying, and that of generating `chosen` is without the process that ZSTD_DICT has of its own.
 * Nothing is counted that does not make the target.
 *
 * Of a tree only what changed counts, as `release delta` pairs files: content that the base has anywhere costs nothing; a
 * new file, or one whose patch is not worth it, counts with its plain size, since payloads travel as they are.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hexOf } from '../../src/kernel/digest.ts';
import type { DeltaAlgorithm } from '../../src/model/delta.ts';
import { patchAlgorithms } from '../../src/patch/index.ts';
import { isWorthIt } from '../../src/release/delta/find-patches.ts';
import { type Bench, type BenchCase, type BenchRow, rounded } from './bench.ts';
import { measureProcess } from './delta/measured-process.ts';
import { changedAtPath, fetchPackage, packTree, type Pair, pairs } from './delta/pairs.ts';
import type { JobDone, JobFile, PatchJob } from './delta/patch-process.ts';
import { type MeasuredPeer, measurePeers, type Measures, type PeerFile } from './delta/peers.ts';
import { buildReleases, type ChangedFile, changedFiles, chooseDelta } from './delta/releases.ts';

interface PreparedPair {
  readonly files: readonly ChangedFile[];
  /** What the programs get, each way. */
  readonly ofPeers: readonly (readonly PeerFile[])[];
}

/** One way for all files of a pair. */
interface Made {
  readonly patches: readonly JobFile[];
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

/** Of ours also the time of all its threads: on a machine that does other things it says more. */
interface Applied extends Measures {
  readonly generateCpuSeconds: number;
  readonly applyCpuSeconds: number;
}

const preparedFile = 'pair.json';

function prepare(pair: Pair): void {
  let directories: readonly [string, string];
  try {
    directories = [fetchPackage(pair.package, pair.from), fetchPackage(pair.package, pair.to)];
  } catch (error) {
    process.stderr.write(`${pair.name} is left out: ${(error as Error).message}\n`);
    return;
  }
  const [from, to] = directories;
  buildReleases(pair, from, to);
  const prepared: PreparedPair = { files: changedFiles(), ofPeers: peerWays(pair, from, to) };
  writeFileSync(preparedFile, JSON.stringify(prepared));
}

function peerWays({ file }: Pair, from: string, to: string): PeerFile[][] {
  if (file !== undefined) return [[{ base: join(from, file), target: join(to, file) }]];
  const tars = { base: resolve('base.tar'), target: resolve('target.tar') };
  packTree(from, tars.base);
  packTree(to, tars.target);
  return [[tars], changedAtPath(from, to)];
}

async function run(pair: Pair): Promise<BenchRow[]> {
  if (!existsSync(preparedFile)) return [];
  const { files, ofPeers } = JSON.parse(readFileSync(preparedFile, 'utf8')) as PreparedPair;
  const peers = await measurePeers(ofPeers);
  const best = peers.toSorted((a, b) => a.patchBytes - b.patchBytes)[0];
  const measured: (readonly [string, Measures])[] = [['chosen', await apply(await chooseDelta(), files)]];
  for (const { id } of patchAlgorithms) measured.push([id, await apply(await make(id, files), files)]);
  return [
    ...measured.flatMap(([name, measures]) => rowsOf(`${pair.name} ${name}`, measures, best)),
    ...peers.flatMap((peer) => rowsOf(`${pair.name} ${peer.name}`, peer)),
  ];
}

async function make(id: DeltaAlgorithm, files: readonly ChangedFile[]): Promise<Made> {
  mkdirSync(id);
  const patches = files.flatMap(({ base, target, targetBytes }, index): JobFile[] =>
    base === undefined ? [] : [{ algorithm: id, base, target, patch: resolve(id, String(index)), targetBytes }],
  );
  const { seconds, done } = await work({ kind: 'make', files: patches });
  return { patches, seconds, cpuSeconds: done.cpuSeconds, peakMiB: done.peakMiB };
}

async function apply(made: Made, files: readonly ChangedFile[]): Promise<Applied> {
  const worth = made.patches.filter(({ patch, targetBytes }) => isWorthIt(statSync(patch).size, targetBytes));
  const patched = new Set(worth.map(({ target }) => target));
  const sizes = new Map(worth.map(({ patch }) => [patch, statSync(patch).size]));
  const whole = files.filter(({ target }) => !patched.has(target));
  const patchBytes = [...sizes.values(), ...whole.map(({ targetBytes }) => targetBytes)].reduce((a, b) => a + b, 0);
  mkdirSync('made');
  const { seconds, done } = await work({
    kind: 'apply',
    files: worth.map((file, index) => ({ ...file, target: resolve('made', String(index)) })),
  });
  rmSync('made', { recursive: true });
  const right = new Map(files.map(({ target, targetHash }) => [target, targetHash]));
  for (const [index, { algorithm, target }] of worth.entries())
    if (hexOf(done.digests[index]!) !== right.get(target))
      throw new Error(`${algorithm} makes something else of ${target}`);
  return {
    patchBytes,
    generateSeconds: rounded(made.seconds, 2),
    generateCpuSeconds: rounded(made.cpuSeconds, 2),
    generatePeakMiB: made.peakMiB,
    applySeconds: seconds,
    applyCpuSeconds: rounded(done.cpuSeconds, 2),
    peakMiB: done.peakMiB,
  };
}

async function work(job: PatchJob): Promise<{ seconds: number; done: JobDone }> {
  writeFileSync('job.json', JSON.stringify(job));
  const program = fileURLToPath(new URL('delta/patch-process.ts', import.meta.url));
  const { seconds, output } = await measureProcess(process.execPath, [program, 'job.json']);
  return { seconds, done: JSON.parse(output) as JobDone };
}

const units = {
  patchBytes: 'bytes',
  generateSeconds: 's',
  generateCpuSeconds: 's',
  generatePeakMiB: 'MiB',
  applySeconds: 's',
  applyCpuSeconds: 's',
  peakMiB: 'MiB',
} as const satisfies Record<keyof Applied, string>;

/** Each beside the peer with the smallest patch. */
function rowsOf(name: string, measures: Partial<Applied>, peer?: MeasuredPeer): BenchRow[] {
  return (Object.keys(units) as (keyof Applied)[]).flatMap((metric): BenchRow[] => {
    const value = measures[metric];
    if (value === undefined) return [];
    const row = { case: name, metric, value, unit: units[metric] };
    const peerValue = (peer as Partial<Applied> | undefined)?.[metric] ?? 0;
    // Zero also for a program that ended before it could be asked for its memory.
    if (peer === undefined || peerValue === 0) return [row];
    return [{ ...row, peer: peer.name, peerValue, ratio: rounded(value / peerValue) }];
  });
}

const caseOf = (pair: Pair): BenchCase => ({
  name: pair.name,
  prepare: async () => prepare(pair),
  run: async () => await run(pair),
});

export const deltaBench: Bench = {
  name: 'delta',
  summary: 'patches between real releases by each algorithm, beside bsdiff, xdelta3 and zstd; most of an hour',
  runs: 1,
  cases: pairs.map(caseOf),
};
