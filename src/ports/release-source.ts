import type { ReleaseIndex } from '../model/release.ts';

/**
 * Where releases lie. Paths are relative to the source, `/`-separated, and pass the path guard. Throws
 * ThemisError NOT_FOUND, UNREACHABLE, TIMEOUT or IO. What it returns is untrusted until its signature is verified.
 */
export interface ReleaseSource {
  /** The parsed index with the bytes of index and signature (null where unsigned). */
  readIndex(): Promise<{
    readonly index: ReleaseIndex;
    readonly bytes: Uint8Array;
    readonly signature: Uint8Array | null;
  }>;
  /** A small file whole; refuses with IO above `limitBytes`. */
  readFile(path: string, limitBytes: number): Promise<Uint8Array>;
  /** A payload in chunks, at most `limitBytes` in all. */
  openFile(path: string, limitBytes: number): AsyncIterable<Uint8Array>;
  /** Every file below a directory of the source, relative to it, or null where a source cannot list (HTTP). */
  listFiles(path: string): Promise<readonly ListedFile[] | null>;
}

export interface ListedFile {
  readonly path: string;
  readonly kind: 'file' | 'symlink' | 'other';
}
