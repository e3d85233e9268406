/**
 * One patch by one algorithm, made here, or apart where ending this worker would not end it. The parts of it run one by
 * one, since other files keep the other workers busy.
 */
import type { DeltaTasks } from '../../../release/delta/find-patches.ts';
import type { TaskContext } from '../../../ports/compute.ts';
import { patchAlgorithm } from '../../../patch/index.ts';
import { makeApart } from './make-apart.ts';

type Task = DeltaTasks['make-patch'];

/** zstd takes in all of a dictionary in one call, for which a smaller one than this takes well under a second. */
const longCallBytes = 2 * 2 ** 20;

export async function makePatch(input: Task['input'], context: TaskContext): Promise<Uint8Array> {
  const { algorithm, base, target } = input;
  const isLongCall = algorithm === 'ZSTD_DICT' && base.length >= longCallBytes;
  const made = isLongCall ? await makeApart(input) : await patchAlgorithm(algorithm).make(base, target, {});
  // What is a view of something larger, or pooled, must not take the rest along.
  const patch = Uint8Array.from(made);
  context.transfer(patch.buffer);
  return patch;
}
