/**
 * The file system in memory, strict about durability: `crash()` is a power cut, after which only what was synced
 * is there. Has a capacity, so that a disk can be full. Faithful to the Node adapter under the contract suite.
 */
import { digestBytes } from '../../kernel/digest.ts';
import type { Digest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { compareText } from '../../kernel/finding.ts';
import type { FileLock, FileStat, FileSystem, GrowingFile } from '../../ports/file-system.ts';
import { copyEntry, cutPower, namesOf, newDirectory, newFile, sizeOf } from './memory-tree.ts';
import type { MemoryDirectory, MemoryEntry, MemoryFile, Survival } from './memory-tree.ts';

export class MemoryFileSystem implements FileSystem {
  /** Bytes that fit on the disk. */
  capacityBytes = Infinity;
  #root: MemoryDirectory = newDirectory(1, 0);
  readonly #locked = new Set<string>();
  #counter = 1;

  get usedBytes(): number {
    return sizeOf(this.#root);
  }

  /** The same disk once more, without its locks. */
  clone(): MemoryFileSystem {
    const clone = new MemoryFileSystem();
    clone.#root = copyEntry(this.#root, new Map());
    clone.#counter = this.#counter;
    clone.capacityBytes = this.capacityBytes;
    return clone;
  }

  /** Power cut: un-synced data and names are lost (or fare as `survival` says), locks are free. */
  crash(survival: Survival = () => 'lost'): void {
    cutPower(this.#root, survival);
    this.releaseLocks();
  }

  /** Process death: the kernel frees its locks. */
  releaseLocks(): void {
    this.#locked.clear();
  }

  /** A link as somebody else may have put it there; Themis itself makes none. */
  plantSymlink(path: string, target: string): void {
    const { directory, name } = this.#place(path);
    directory.entries.set(name, {
      kind: 'symlink',
      inode: this.#next(),
      target,
      mode: 0o777,
      stamp: this.#next(),
    });
  }

  /** A second name of a file, as somebody else may have given it; Themis itself gives none. */
  plantHardLink(path: string, existing: string): void {
    const file = this.#file(existing);
    file.hasNames = true;
    const { directory, name } = this.#place(path);
    directory.entries.set(name, file);
  }

  async lstat(path: string): Promise<FileStat | null> {
    const entry = this.#find(path);
    if (entry === undefined) return null;
    return {
      kind: entry.kind,
      sizeBytes: entry.kind === 'file' ? entry.bytes.length : 0,
      mode: entry.mode,
      modifiedNs: String(entry.stamp),
      changedNs: String(entry.stamp),
      inode: String(entry.inode),
      owner: 0,
      links: this.#names(entry),
    };
  }

  async readDirectory(path: string): Promise<readonly string[]> {
    return [...this.#directory(path).entries.keys()].sort(compareText);
  }

  async readFile(path: string): Promise<Uint8Array> {
    // A slice of a Buffer would be the Buffer.
    return new Uint8Array(this.#file(path).bytes);
  }

  async readLink(path: string): Promise<string> {
    const entry = this.#existing(path);
    if (entry.kind !== 'symlink') throw new ThemisError('IO', `${path} is not a link.`);
    return entry.target;
  }

  async *readChunks(path: string, limitBytes: number): AsyncGenerator<Uint8Array> {
    const bytes = this.#file(path).bytes.slice(0, limitBytes);
    const half = Math.ceil(bytes.length / 2);
    for (const chunk of [bytes.subarray(0, half), bytes.subarray(half)]) if (chunk.length > 0) yield chunk;
  }

  async digestFile(path: string): Promise<{ digest: Digest; sizeBytes: number }> {
    const { bytes } = this.#file(path);
    return { digest: digestBytes(bytes), sizeBytes: bytes.length };
  }

  async freeSpace(path: string): Promise<{ freeBytes: number; totalBytes: number }> {
    this.#existing(path);
    const totalBytes = this.capacityBytes === Infinity ? 2 ** 40 : this.capacityBytes;
    return { freeBytes: Math.max(0, totalBytes - this.usedBytes), totalBytes };
  }

  async makeDirectory(path: string): Promise<void> {
    const { directory, name } = this.#place(path);
    const known = directory.entries.get(name);
    if (known?.kind === 'directory') return;
    if (known !== undefined) throw new ThemisError('IO', `${path} exists and is not a directory.`);
    directory.entries.set(name, newDirectory(this.#next(), this.#next()));
  }

  async writeFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
    const file = this.#open(path, mode);
    file.mode = mode;
    this.#put(file, bytes.slice());
  }

  async writeStream(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    mode: number,
    limitBytes: number,
  ): Promise<{ digest: Digest; sizeBytes: number }> {
    const file = this.#open(path, mode);
    file.mode = mode;
    this.#put(file, new Uint8Array());
    for await (const chunk of chunks) {
      if (file.bytes.length + chunk.length > limitBytes) {
        throw new ThemisError('IO', `More than ${limitBytes} bytes for ${path}.`);
      }
      this.#put(file, joined(file.bytes, chunk), file.bytes.length);
    }
    return { digest: digestBytes(file.bytes), sizeBytes: file.bytes.length };
  }

  async openGrowing(path: string, keptBytes: number): Promise<GrowingFile> {
    if (keptBytes === 0) await this.removeFile(path);
    const file = keptBytes === 0 ? this.#open(path, 0o600) : this.#file(path);
    if (this.#names(file) !== 1) throw new ThemisError('IO', `${path} is not a file of one name.`);
    file.mode = 0o600;
    this.#put(file, resized(file.bytes, keptBytes), Math.min(keptBytes, file.bytes.length));
    const sync = async (): Promise<void> => {
      file.durable = { bytes: file.bytes, mode: file.mode };
    };
    return {
      write: async (chunks) => {
        for (const chunk of chunks) this.#put(file, joined(file.bytes, chunk), file.bytes.length);
      },
      sync,
      seal: async (mode) => {
        file.mode = mode;
        await sync();
      },
      close: async () => {},
    };
  }

  async appendDurably(path: string, bytes: Uint8Array): Promise<void> {
    const file = this.#open(path, 0o600);
    this.#put(file, joined(file.bytes, bytes), file.bytes.length);
    file.durable = { bytes: file.bytes, mode: file.mode };
  }

  async truncateFile(path: string, sizeBytes: number): Promise<void> {
    const file = this.#file(path);
    file.bytes = file.bytes.slice(0, sizeBytes);
    file.stamp = this.#next();
    file.durable = { bytes: file.bytes, mode: file.mode };
  }

  async copyFile(from: string, to: string, mode: number): Promise<void> {
    const source = this.#file(from);
    if (this.#find(to) !== undefined) throw new ThemisError('IO', `${to} exists.`);
    const file = this.#open(to, mode);
    this.#put(file, source.bytes.slice());
  }

  async copyHashed(from: string, to: string, mode: number): Promise<{ digest: Digest; sizeBytes: number }> {
    await this.copyFile(from, to, mode);
    return this.digestFile(to);
  }

  async rename(from: string, to: string): Promise<void> {
    const source = this.#place(from);
    const entry = source.directory.entries.get(source.name);
    if (entry === undefined) throw new ThemisError('NOT_FOUND', `${from} does not exist.`);
    const target = this.#place(to);
    const replaced = target.directory.entries.get(target.name);
    // POSIX: two names of one file stay as they are.
    if (replaced === entry) return;
    if (replaced?.kind === 'directory' && (entry.kind !== 'directory' || replaced.entries.size > 0)) {
      throw new ThemisError('IO', `${to} is a directory.`);
    }
    if (entry.kind === 'directory' && replaced !== undefined && replaced.kind !== 'directory') {
      throw new ThemisError('IO', `${to} is not a directory.`);
    }
    source.directory.entries.delete(source.name);
    target.directory.entries.set(target.name, entry);
  }

  async setMode(path: string, mode: number): Promise<void> {
    const entry = this.#existing(path);
    if (entry.kind === 'symlink') throw new ThemisError('IO', `${path} is a symbolic link.`);
    entry.mode = mode;
  }

  async removeFile(path: string): Promise<void> {
    if (this.#find(path) === undefined) return;
    const { directory, name } = this.#place(path);
    if (directory.entries.get(name)?.kind === 'directory') throw new ThemisError('IO', `${path} is a directory.`);
    directory.entries.delete(name);
  }

  async removeEmptyDirectory(path: string): Promise<boolean> {
    const entry = this.#find(path);
    if (entry === undefined) return false;
    if (entry.kind !== 'directory') throw new ThemisError('IO', `${path} is not a directory.`);
    if (entry.entries.size > 0) return false;
    const { directory, name } = this.#place(path);
    return directory.entries.delete(name);
  }

  async removeTree(path: string): Promise<void> {
    if (this.#find(path) === undefined) return;
    const { directory, name } = this.#place(path);
    directory.entries.delete(name);
  }

  uniqueName(): string {
    return this.#next().toString(16).padStart(16, '0');
  }

  async syncFile(path: string): Promise<void> {
    const file = this.#file(path);
    file.durable = { bytes: file.bytes, mode: file.mode };
  }

  async syncDirectory(path: string): Promise<void> {
    const directory = this.#directory(path);
    directory.durable = new Map(directory.entries);
  }

  async tryLock(path: string): Promise<FileLock | null> {
    if (this.#locked.has(path)) return null;
    this.#open(path, 0o600);
    this.#locked.add(path);
    return {
      release: async () => {
        this.#locked.delete(path);
      },
    };
  }

  /** Looks at the whole disk only where somebody gave a file another name. */
  #names(entry: MemoryEntry): number {
    return entry.kind === 'file' && entry.hasNames === true ? namesOf(entry, this.#root) : 1;
  }

  #next(): number {
    this.#counter += 1;
    return this.#counter;
  }

  #find(path: string): MemoryEntry | undefined {
    let entry: MemoryEntry | undefined = this.#root;
    for (const part of parts(path)) {
      if (entry?.kind !== 'directory') return undefined;
      entry = entry.entries.get(part);
    }
    return entry;
  }

  #existing(path: string): MemoryEntry {
    const entry = this.#find(path);
    if (entry === undefined) throw new ThemisError('NOT_FOUND', `${path} does not exist.`);
    return entry;
  }

  #file(path: string): MemoryFile {
    const entry = this.#existing(path);
    if (entry.kind !== 'file') throw new ThemisError('IO', `${path} is not a file.`);
    return entry;
  }

  #directory(path: string): MemoryDirectory {
    const entry = this.#existing(path);
    if (entry.kind !== 'directory') throw new ThemisError('IO', `${path} is not a directory.`);
    return entry;
  }

  #place(path: string): { directory: MemoryDirectory; name: string } {
    const slash = path.lastIndexOf('/');
    return { directory: this.#directory(path.slice(0, slash)), name: path.slice(slash + 1) };
  }

  #open(path: string, mode: number): MemoryFile {
    const { directory, name } = this.#place(path);
    const known = directory.entries.get(name);
    if (known?.kind === 'file') return known;
    if (known !== undefined) throw new ThemisError('IO', `${path} is not a file.`);
    const file = newFile(this.#next(), mode, this.#next());
    directory.entries.set(name, file);
    return file;
  }

  /** A write that does not fit leaves what fitted, and of what was there before the first `keptBytes`. */
  #put(file: MemoryFile, bytes: Uint8Array, keptBytes = 0): void {
    const free = this.capacityBytes - (this.usedBytes - file.bytes.length);
    file.stamp = this.#next();
    if (bytes.length <= free) {
      file.bytes = bytes;
      return;
    }
    file.bytes = bytes.slice(0, Math.max(keptBytes, free));
    throw new ThemisError('NO_SPACE', 'The disk is full.');
  }
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function resized(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const next = new Uint8Array(sizeBytes);
  next.set(bytes.subarray(0, sizeBytes));
  return next;
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
