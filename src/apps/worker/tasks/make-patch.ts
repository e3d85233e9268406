/** One patch by one algorithm, made here; the parts of it run one by one, since other files keep the other workers busy. */
import type { DeltaTasks } from '../../../release/delta/find-patches.ts';
import type { TaskContext } from '../../../ports/compute.ts';
import { patchAlgorithm } from '../../../patch/index.ts';

type Task = DeltaTasks['make-patch'];

export async function makePatch({ algorithm, base, target }: Task['input'], context: TaskContext): Promise<Uint8Array> {
  const made = await patchAlgorithm(algorithm).make(base, target, {});
  // What is a view of something larger, or pooled, must not take the rest along.
  const patch = Uint8Array.from(made);
  context.transfer(patch.buffer);
  return patch;
}
