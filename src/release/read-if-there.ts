import { ThemisError } from '../kernel/error.ts';
import type { ReleaseSource } from '../ports/release-source.ts';

/** A small file of a source; null where there is none. */
export async function readIfThere(source: ReleaseSource, path: string, limitBytes: number): Promise<Uint8Array | null> {
  try {
    return await source.readFile(path, limitBytes);
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
