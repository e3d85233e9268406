import { ThemisError } from '../../../kernel/error.ts';
import type { FileLock, FileSystem } from '../../../ports/file-system.ts';
import type { Session } from '../command.ts';

const pollMs = 50;
const patienceMs = 30_000;

/** `busy`: what another command would be doing, after "Another command is". ALREADY_IN_PROGRESS after half a minute. */
export async function awaitLock(
  { clock }: Pick<Session, 'clock'>,
  files: FileSystem,
  path: string,
  busy: string,
): Promise<FileLock> {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const lock = await files.tryLock(path);
    if (lock !== null) return lock;
    if (waitedMs >= patienceMs) {
      throw new ThemisError('ALREADY_IN_PROGRESS', `Another command is ${busy} (${path}).`, {
        hint: 'Wait until it ends and run it again.',
      });
    }
    await clock.sleep(pollMs);
  }
}
