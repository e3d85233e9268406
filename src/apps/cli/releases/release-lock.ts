/**
 * One command at a time writes below a directory of releases, and beside an anchors document: two that read a signature
 * and write one more would lose one of the two. The lock lies beside what is written, never in a payload, in `.themis`,
 * which Git leaves alone; where the directory may not hold it, with the state of this user.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stateDirectory } from '../../../adapters/store/state-directory.ts';
import { digestBytes, hexOf } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import type { Session } from '../command.ts';
import { awaitLock } from '../reading/await-lock.ts';

/** Throws ALREADY_IN_PROGRESS when others keep it for half a minute. */
export async function withLock<T>(
  session: Session,
  files: FileSystem,
  directory: string,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await awaitLock(session, files, await lockFile(session, files, directory), 'at work here');
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** Themis's own directory beside releases. */
export function ownDirectory(root: string): string {
  return `${root}/.themis`;
}

async function lockFile(session: Session, files: FileSystem, directory: string): Promise<string> {
  const own = ownDirectory(directory);
  const isPayload = (await files.lstat(`${directory}/${releaseNames.manifest}`)) !== null;
  if (!isPayload && (await makeOwnDirectory(files, own))) {
    const path = `${own}/lock`;
    const mode = (await files.lstat(directory))?.mode ?? 0;
    // Whoever may write beside it may take it; an empty file, whose holders never write to it.
    if ((await files.lstat(path)) === null) await files.writeFile(path, new Uint8Array(), 0o644 | (mode & 0o022));
    return path;
  }
  const locks = join(stateDirectory(session.environment), 'locks');
  await mkdir(locks, { recursive: true, mode: 0o700 });
  return join(locks, hexOf(digestBytes(new TextEncoder().encode(directory))));
}

/** False where this user may not make it. Git leaves it alone, so that a fleet with its releases in Git looks unchanged. */
async function makeOwnDirectory(files: FileSystem, own: string): Promise<boolean> {
  if ((await files.lstat(own))?.kind === 'directory') return true;
  try {
    await files.makeDirectory(own);
    await files.writeFile(`${own}/.gitignore`, new TextEncoder().encode('*\n'), 0o644);
    return true;
  } catch (error) {
    const code = error instanceof ThemisError ? (error.cause as NodeJS.ErrnoException | undefined)?.code : undefined;
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return false;
    throw error;
  }
}
