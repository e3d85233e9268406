/**
 * Small files of a node's state. A reader finds the old content or the new, whatever happens to the writer.
 */
import { ThemisError } from '../../kernel/error.ts';
import { isJsonObject } from '../../kernel/json.ts';
import type { FileSystem } from '../../ports/file-system.ts';
import { parentOf } from '../layout.ts';

/** What lies there until it takes the other's place. */
export function freshOf(path: string): string {
  return `${path}.new`;
}

export async function writeDurably(files: FileSystem, path: string, bytes: Uint8Array, mode = 0o600): Promise<void> {
  const fresh = freshOf(path);
  // One that a crash left may be read-only, and what anybody else left may be anything.
  await files.removeTree(fresh);
  await files.writeFile(fresh, bytes, mode);
  await files.syncFile(fresh);
  await files.rename(fresh, path);
  await files.syncDirectory(parentOf(path));
}

export async function writeJsonDurably(files: FileSystem, path: string, value: object): Promise<void> {
  await writeDurably(files, path, jsonBytes(value));
}

export function jsonBytes(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`);
}

/** null when there is no such file. Asks once: somebody may remove it at any moment. */
export async function readIfPresent(files: FileSystem, path: string): Promise<Uint8Array | null> {
  try {
    return await files.readFile(path);
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

/** null when there is no such file. IO when it is not JSON of format 1.x: state is never guessed. */
export async function readJson<T extends { readonly formatVersion: string }>(
  files: FileSystem,
  path: string,
): Promise<T | null> {
  const bytes = await readIfPresent(files, path);
  if (bytes === null) return null;
  let value: T;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch (error) {
    throw new ThemisError('IO', `${path} is damaged: it is not JSON.`, { cause: error });
  }
  if (!isJsonObject(value)) throw new ThemisError('IO', `${path} is damaged: it is no object.`);
  if (!/^1\.\d+$/u.test(value.formatVersion)) {
    throw new ThemisError('UNSUPPORTED_FORMAT', `${path} has format ${value.formatVersion}, not 1.x.`);
  }
  return value;
}

export async function removeDurably(files: FileSystem, path: string): Promise<void> {
  if ((await files.lstat(path)) === null) return;
  await files.removeFile(path);
  await files.syncDirectory(parentOf(path));
}
