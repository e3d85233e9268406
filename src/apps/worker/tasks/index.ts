/** What workers can do: one file and one line a task. */
import type { TaskTypesOf } from '../../../ports/compute.ts';
import { verifySignature } from './verify-signature.ts';

export const tasks = {
  'verify-signature': verifySignature,
} as const;

export type WorkerTasks = TaskTypesOf<typeof tasks>;
