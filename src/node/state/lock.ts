import { ThemisError } from '../../kernel/error.ts';
import type { FileLock } from '../../ports/file-system.ts';
import type { NodeContext } from '../context.ts';

const pollMs = 50;
/** Somebody who only looks (observe) holds the lock for an instant; that is no operation. */
const glanceMs = 500;

/** The lock of the node, null when an operation holds it. */
export async function takeLock(context: NodeContext): Promise<FileLock | null> {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const lock = await context.files.tryLock(context.layout.lock);
    if (lock !== null || waitedMs >= glanceMs) return lock;
    await context.clock.sleep(pollMs);
  }
}

/** Waits as long as it takes: the holder is alive, because the system frees the lock of a dead one. */
export async function awaitLock(context: NodeContext): Promise<FileLock> {
  for (;;) {
    const lock = await context.files.tryLock(context.layout.lock);
    if (lock !== null) return lock;
    await context.clock.sleep(pollMs);
  }
}

/** Runs under the node's lock; ALREADY_IN_PROGRESS when an operation holds it. */
export async function withLock<T>(context: NodeContext, work: () => Promise<T>): Promise<T> {
  const lock = await takeLock(context);
  if (lock === null) throw alreadyInProgress(context);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

export function alreadyInProgress(context: NodeContext): ThemisError {
  return new ThemisError('ALREADY_IN_PROGRESS', `Another operation is at work on ${context.config.name}.`, {
    hint: 'Wait until it ends and run it again.',
  });
}

/** Whether an operation is at work at this moment. */
export async function isLocked(context: NodeContext): Promise<boolean> {
  const lock = await context.files.tryLock(context.layout.lock);
  await lock?.release();
  return lock === null;
}
