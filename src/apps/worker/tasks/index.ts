/** What workers can do: one file and one line a task. */
import type { TaskTypesOf } from '../../../ports/compute.ts';
import { checkPatch } from './check-patch.ts';
import { makePatch } from './make-patch.ts';
import { decodeSegment } from '../../../patch/refmix/decode.ts';
import { encodeSegment } from '../../../patch/refmix/make/encode.ts';
import { verifySignature } from './verify-signature.ts';

export const tasks = {
  'verify-signature': verifySignature,
  'make-patch': makePatch,
  'check-patch': checkPatch,
  'refmix-encode': encodeSegment,
  'refmix-decode': decodeSegment,
} as const;

export type WorkerTasks = TaskTypesOf<typeof tasks>;
