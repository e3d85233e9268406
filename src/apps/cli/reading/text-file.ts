import { readFile } from 'node:fs/promises';
import { ThemisError } from '../../../kernel/error.ts';

/** Throws NOT_FOUND or IO. What is not UTF-8 comes as U+FFFD. */
export async function readTextFile(path: string): Promise<string> {
  return (await readBytes(path)).toString('utf8');
}

/** Throws NOT_FOUND or IO. */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ThemisError(missing ? 'NOT_FOUND' : 'IO', `${path} cannot be read.`, { cause });
  }
}
