import { readFile } from 'node:fs/promises';
import { ThemisError } from '../../../kernel/error.ts';

/** Throws NOT_FOUND or IO. */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ThemisError(missing ? 'NOT_FOUND' : 'IO', `${path} cannot be read.`, { cause });
  }
}
