/**
 * The file system as crash safety needs it: each mutating call is one step that can fail or be the last.
 * Nothing is durable before `syncFile` of a file and `syncDirectory` of the directory that names it.
 * Throws ThemisError NOT_FOUND, NO_SPACE or IO. Absolute paths only; paths from outside pass the guard first.
 */
import type { Digest } from '../kernel/digest.ts';

export interface FileSystem {
  /** Without following a link; null when nothing is there. */
  lstat(path: string): Promise<FileStat | null>;
  /** Names, sorted; NOT_FOUND when there is no such directory. */
  readDirectory(path: string): Promise<readonly string[]>;
  /** In a buffer that is the caller's. */
  readFile(path: string): Promise<Uint8Array>;
  readLink(path: string): Promise<string>;
  /** The first `limitBytes` bytes, or as many as there are. Each chunk is the caller's to keep. */
  readChunks(path: string, limitBytes: number): AsyncIterable<Uint8Array>;
  /** SHA-256 and size of the bytes, read in chunks. */
  digestFile(path: string): Promise<{ readonly digest: Digest; readonly sizeBytes: number }>;
  freeSpace(path: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;

  /** One level, mode 0755; no error when the directory exists. */
  makeDirectory(path: string): Promise<void>;
  /** Replaces the content; not atomic, not durable. */
  writeFile(path: string, bytes: Uint8Array, mode: number): Promise<void>;
  /** Writes chunks as they come and returns the digest of what was written; fails with IO beyond `limitBytes`. */
  writeStream(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    mode: number,
    limitBytes: number,
  ): Promise<{ readonly digest: Digest; readonly sizeBytes: number }>;
  /**
   * Opens a file to add to its end, cut to this length first. From 0 it is always a fresh one, in the place of whatever
   * file or link is there; from further on IO for what is no file, or has another name. Nobody else may write it.
   */
  openGrowing(path: string, keptBytes: number): Promise<GrowingFile>;
  /** Appends and makes durable in one call: the journal's write. After an error any part of it may be there. */
  appendDurably(path: string, bytes: Uint8Array): Promise<void>;
  /** Cuts a file to this length, durably. */
  truncateFile(path: string, sizeBytes: number): Promise<void>;
  /** Reflink where the file system can, else copy. The target must not exist. */
  copyFile(from: string, to: string, mode: number): Promise<void>;
  /**
   * Reads through one descriptor and writes what it read, so that the digest is that of the bytes copied, whatever
   * becomes of the name meanwhile. The target must not exist.
   */
  copyHashed(from: string, to: string, mode: number): Promise<{ readonly digest: Digest; readonly sizeBytes: number }>;
  /** 16 hex digits that no other call gets, in any process: for the name of a file that is to take another's place. */
  uniqueName(): string;
  /** Replaces an existing file in one step. */
  rename(from: string, to: string): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;
  /** No error when nothing is there. */
  removeFile(path: string): Promise<void>;
  /** False when it holds something, or is not there. */
  removeEmptyDirectory(path: string): Promise<boolean>;
  /** With all it holds; no error when nothing is there. */
  removeTree(path: string): Promise<void>;
  syncFile(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;

  /**
   * Exclusive lock that the system frees when its process dies, whatever way; null when another holds it.
   * The file stays.
   */
  tryLock(path: string): Promise<FileLock | null>;
}

/** Its owner's alone (0600) from when it is made. One call at a time, but for `sync`; after `seal` or `close` none. */
export interface GrowingFile {
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /** Makes durable what was written before. */
  sync(): Promise<void>;
  /** Gives it its mode, makes it durable and closes it. */
  seal(mode: number): Promise<void>;
  /** No error when it is closed. */
  close(): Promise<void>;
}

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly sizeBytes: number;
  /** Permission bits. */
  readonly mode: number;
  /** Nanoseconds since the epoch, as decimal text. */
  readonly modifiedNs: string;
  readonly changedNs: string;
  readonly inode: string;
  readonly owner: number;
  /** How many names it has: who writes a file with more than one writes somebody else's as well. */
  readonly links: number;
}

export interface FileLock {
  release(): Promise<void>;
}
