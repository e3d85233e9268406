/**
 * Patches between real consecutive releases: each algorithm of the registry, what a release would choose of them, and
 * the programs of Debian that do the same. Every process is measured whole, Node's start included; `peakMiB` is that of
 * applying. Nothing is counted that does not make the target.
 *
 * Of a tree only what changed counts: unchanged files cost nothing; a new one, or one whose patch is not worth it, counts
 * with its plain size, since payloads travel as they are. The programs get a tar of each tree.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNodeFileSystem } from '../../src/adapters/file-system/node.ts';
import type { DeltaAlgorithm } from '../../src/model/delta.ts';
import { patchAlgorithms } from '../../src/patch/index.ts';
import { isWorthIt } from '../../src/release/delta/find-patches.ts';
import { type Bench, type BenchCase, type BenchRow, rounded } from './bench.ts';
import { measureProcess } from './delta/measured-process.ts';
import { changedFiles, fetchPackage, packTree, type Pair, pairs } from './delta/pairs.ts';
import type { JobDone, JobFile, PatchJob } from './delta/patch-process.ts';
import { makePeerPatches, type MeasuredPeer, measurePeers, type Measures } from './delta/peers.ts';

interface PreparedPair {
  readonly files: readonly PreparedFile[];
  /** What the programs get. */
  readonly base: string;
  readonly target: string;
}

interface PreparedFile {
  readonly path: string;
  readonly base?: string;
  readonly target: string;
  readonly targetBytes: number;
  readonly targetDigest: string;
}

/** One way for all files of a pair. */
interface Made {
  /** Of each file that has a base, in their order. */
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

async function prepare(pair: Pair): Promise<void> {
  let directories: readonly [string, string];
  try {
    directories = [fetchPackage(pair.package, pair.from), fetchPackage(pair.package, pair.to)];
  } catch (error) {
    process.stderr.write(`${pair.name} is left out: ${(error as Error).message}\n`);
    return;
  }
  const [from, to] = directories;
  const prepared = pair.file === undefined ? await prepareTree(from, to) : await prepareFile(from, to, pair.file);
  await makePeerPatches(prepared.base, prepared.target);
  writeFileSync(preparedFile, JSON.stringify(prepared));
}

async function prepareFile(from: string, to: string, path: string): Promise<PreparedPair> {
  const [base, target] = [join(from, path), join(to, path)];
  return { files: [await described(path, target, base)], base, target };
}

async function prepareTree(from: string, to: string): Promise<PreparedPair> {
  const [base, target] = [resolve('base.tar'), resolve('target.tar')];
  packTree(from, base);
  packTree(to, target);
  const files: PreparedFile[] = [];
  for (const changed of changedFiles(from, to)) files.push(await described(changed.path, changed.target, changed.base));
  return { files, base, target };
}

async function described(path: string, target: string, base: string | undefined): Promise<PreparedFile> {
  const { digest } = await createNodeFileSystem().digestFile(target);
  return {
    path,
    ...(base === undefined ? {} : { base }),
    target,
    targetBytes: statSync(target).size,
    targetDigest: digest,
  };
}

async function run(pair: Pair): Promise<BenchRow[]> {
  if (!existsSync(preparedFile)) return [];
  const { files, base, target } = JSON.parse(readFileSync(preparedFile, 'utf8')) as PreparedPair;
  const ofPeers = await measurePeers(base, target);
  const best = ofPeers.toSorted((a, b) => a.patchBytes - b.patchBytes)[0];
  const tried: Made[] = [];
  for (const { id } of patchAlgorithms) tried.push(await make(id, files));
  const applied = new Map<string, Applied>();
  for (const made of tried) applied.set(algorithmsOf(made), await apply(made, files));
  const chosen = chosenOf(tried);
  const costs = {
    generateSeconds: rounded(chosen.seconds, 2),
    generateCpuSeconds: rounded(chosen.cpuSeconds, 2),
    generatePeakMiB: chosen.peakMiB,
  };
  const measured: readonly (readonly [string, Measures])[] = [
    ['chosen', { ...(applied.get(algorithmsOf(chosen)) ?? (await apply(chosen, files))), ...costs }],
    ...applied,
  ];
  return [
    ...measured.flatMap(([name, measures]) => rowsOf(`${pair.name} ${name}`, measures, best)),
    ...ofPeers.flatMap((peer) => rowsOf(`${pair.name} ${peer.name}`, peer)),
  ];
}

async function make(id: DeltaAlgorithm, files: readonly PreparedFile[]): Promise<Made> {
  mkdirSync(id);
  const patches = files.flatMap(({ base, target, targetBytes }, index): JobFile[] =>
    base === undefined ? [] : [{ algorithm: id, base, target, patch: resolve(id, String(index)), targetBytes }],
  );
  const { seconds, done } = await work({ kind: 'make', files: patches });
  return { patches, seconds, cpuSeconds: done.cpuSeconds, peakMiB: done.peakMiB };
}

function algorithmsOf({ patches }: Made): string {
  return [...new Set(patches.map(({ algorithm }) => algorithm))].join(' and ');
}

/** File by file the smallest, the first of equals. The seconds are those of trying all of them. */
function chosenOf(tried: readonly Made[]): Made {
  const size = ({ patch }: JobFile): number => statSync(patch).size;
  return {
    patches: tried[0]!.patches.map((_, index) => {
      const [first, ...others] = tried.map(({ patches }) => patches[index]!);
      return others.reduce((least, other) => (size(other) < size(least) ? other : least), first!);
    }),
    seconds: tried.reduce((sum, { seconds }) => sum + seconds, 0),
    cpuSeconds: tried.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakMiB: Math.max(...tried.map(({ peakMiB }) => peakMiB)),
  };
}

async function apply(made: Made, files: readonly PreparedFile[]): Promise<Applied> {
  const worth = made.patches.filter(({ patch, targetBytes }) => isWorthIt(statSync(patch).size, targetBytes));
  const patched = new Map(worth.map((file) => [file.target, statSync(file.patch).size]));
  const patchBytes = files.reduce((sum, { target, targetBytes }) => sum + (patched.get(target) ?? targetBytes), 0);
  mkdirSync('made');
  const { seconds, done } = await work({
    kind: 'apply',
    files: worth.map((file, index) => ({ ...file, target: resolve('made', String(index)) })),
  });
  rmSync('made', { recursive: true });
  const right = new Map(files.map(({ target, targetDigest }) => [target, targetDigest]));
  for (const [index, { algorithm, target }] of worth.entries())
    if (done.digests[index] !== right.get(target)) throw new Error(`${algorithm} makes something else of ${target}`);
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
  prepare: async () => await prepare(pair),
  run: async () => await run(pair),
});

export const deltaBench: Bench = {
  name: 'delta',
  summary: 'patches between real releases by each algorithm, beside bsdiff, xdelta3 and zstd; most of an hour',
  runs: 1,
  cases: pairs.map(caseOf),
};
