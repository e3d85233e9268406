/** What workers can do: one file and one line a task. A worker loads what it is asked for, and nothing else. */
import type { TaskContext, TaskTypesOf } from '../../../ports/compute.ts';

export const tasks = {
  'verify-signature': whenAsked(async () => (await import('./verify-signature.ts')).verifySignature),
  'make-patch': whenAsked(async () => (await import('./make-patch.ts')).makePatch),
  'check-patch': whenAsked(async () => (await import('./check-patch.ts')).checkPatch),
  'refmix-encode': whenAsked(async () => (await import('../../../patch/refmix/make/encode.ts')).encodeSegment),
  'refmix-decode': whenAsked(async () => (await import('../../../patch/refmix/apply/decode-part.ts')).decodePart),
} as const;

export type WorkerTasks = TaskTypesOf<typeof tasks>;

function whenAsked<Input, Output>(load: () => Promise<(input: Input, context: TaskContext) => Output>) {
  return async (input: Input, context: TaskContext): Promise<Awaited<Output>> => await (await load())(input, context);
}
