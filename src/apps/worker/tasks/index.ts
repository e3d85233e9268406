/** What workers can do: one file and one line a task. */
import type { TaskTypesOf } from '../../../ports/compute.ts';
import { decodeSegment } from '../../../patch/refmix/decode.ts';
import { encodeSegment } from '../../../patch/refmix/make/encode.ts';
import { verifySignature } from './verify-signature.ts';

export const tasks = {
  'verify-signature': verifySignature,
  'refmix-encode': encodeSegment,
  'refmix-decode': decodeSegment,
} as const;

export type WorkerTasks = TaskTypesOf<typeof tasks>;
