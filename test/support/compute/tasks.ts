/** What the contract of `Compute` asks of tasks: right ones, wrong ones, and those that take their worker with them. */
import { threadId } from 'node:worker_threads';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { TaskContext, TaskTypesOf } from '../../../src/ports/compute.ts';

export const testTasks = {
  double: (value: number): number => value * 2,
  sum: (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum + byte, 0),
  fill: ({ length, moved }: { length: number; moved: boolean }, { transfer }: TaskContext): Uint8Array => {
    const bytes = new Uint8Array(length).fill(7);
    if (moved) transfer(bytes.buffer);
    return bytes;
  },
  refuse: (): never => {
    throw new ThemisError('SIGNATURE_INVALID', 'The content is not what was signed.', {
      reason: 'CMS_MESSAGE_DIGEST_MISMATCH',
      hint: 'Fetch it again.',
      cause: new Error('stays behind'),
    });
  },
  fail: (): never => {
    throw new TypeError('x is not a function');
  },
  method: (): unknown => ({ call: () => 1 }),
  never: async (): Promise<number> => await new Promise(() => {}),
  spin: (): number => {
    for (;;);
  },
  exit: (code: number): never => process.exit(code),
  escape: async (): Promise<never> => {
    queueMicrotask(() => {
      throw new Error('nobody catches this');
    });
    return await new Promise<never>(() => {});
  },
  thread: (): number => threadId,
};

export type TestTasks = TaskTypesOf<typeof testTasks>;
