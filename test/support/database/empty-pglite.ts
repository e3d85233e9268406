/**
 * Making a PGlite directory takes seconds, copying one does not. One is made for each version of PGlite.
 */
import { constants, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openPglite } from '../../../src/adapters/database/pglite.ts';
import { programFile } from '../../../src/apps/package-files.ts';
import { keptPglite } from './kept-pglite.ts';

/** `directory` is not there yet; then it holds an empty database that nobody has open. */
export async function copyEmptyPglite(directory: string): Promise<void> {
  cpSync(await emptyPglite(), directory, { recursive: true, mode: constants.COPYFILE_FICLONE });
}

async function emptyPglite(): Promise<string> {
  const kept = keptPglite('');
  if (existsSync(kept)) return kept;
  const own = `${kept}-${process.pid}`;
  mkdirSync(own, { recursive: true });
  const database = await openPglite({ directory: join(own, 'db'), entry: programFile('worker/pglite') });
  await database.use(() => Promise.resolve());
  await database.close();
  try {
    renameSync(join(own, 'db'), kept);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(kept)) throw error;
  }
  rmSync(own, { recursive: true });
  return kept;
}
