/**
 * The process that is measured: `patch-process.ts JOB` makes or applies the patches of a job, one file after the other.
 * Makes as `release delta` has it made in one of its workers. Applies as a node does: base read and hashed, patch read
 * and hashed, target hashed as it is written, synced; with the node's own pool of workers.
 */
import { readFileSync } from 'node:fs';
import { createNodeFileSystem } from '../../../src/adapters/file-system/node.ts';
import { openWorkers } from '../../../src/apps/worker/open-workers.ts';
import { type Digest, digestBytes } from '../../../src/kernel/digest.ts';
import { patchAlgorithm } from '../../../src/patch/index.ts';
import { peakMiB } from '../bench.ts';

export interface PatchJob {
  readonly kind: 'make' | 'apply';
  readonly files: readonly JobFile[];
}

export interface JobFile {
  /** Its id, as a `delta.json` names it. */
  readonly algorithm: string;
  /** Paths. */
  readonly base: string;
  readonly target: string;
  readonly patch: string;
  readonly targetBytes: number;
}

export interface JobDone {
  readonly digests: readonly Digest[];
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

const files = createNodeFileSystem();
/** Of one task. Long, as the machine may have other things to do. */
const timeoutMs = 30 * 60_000;

async function make({ algorithm, base, target, patch }: JobFile): Promise<Digest> {
  const made = await patchAlgorithm(algorithm).make(await readShared(base), await readShared(target), {});
  await files.writeFile(patch, made, 0o600);
  return digestBytes(made);
}

/** As generation hands files to its workers. */
async function readShared(path: string): Promise<Uint8Array> {
  const bytes = await files.readFile(path);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

async function apply({ algorithm, ...file }: JobFile, compute: ReturnType<typeof openWorkers>): Promise<Digest> {
  const base = await files.readFile(file.base);
  digestBytes(base);
  const patch = await files.readFile(file.patch);
  digestBytes(patch);
  const { targetBytes } = file;
  const chunks = patchAlgorithm(algorithm).apply(base, patch, { targetBytes, compute, mayFreeBase: true });
  const { digest } = await files.writeStream(file.target, chunks, 0o600, targetBytes);
  await files.syncFile(file.target);
  return digest;
}

const job = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as PatchJob;
const compute = openWorkers(undefined, timeoutMs);
const digests: Digest[] = [];
for (const file of job.files) digests.push(job.kind === 'make' ? await make(file) : await apply(file, compute));
await compute.close();
const { user, system } = process.cpuUsage();
const done: JobDone = { digests, cpuSeconds: (user + system) / 1e6, peakMiB: peakMiB() };
process.stdout.write(JSON.stringify(done));
