/**
 * The disk behind the in-memory file system, in two versions: what programs see and what is durable. A file's
 * bytes become durable by syncing the file, names by syncing their directory; a power cut goes back to that.
 */
export interface MemoryFile {
  readonly kind: 'file';
  readonly inode: number;
  bytes: Uint8Array;
  mode: number;
  stamp: number;
  /** Somebody gave it a second name. */
  hasNames?: true;
  durable: { readonly bytes: Uint8Array; readonly mode: number };
}

export interface MemoryDirectory {
  readonly kind: 'directory';
  readonly inode: number;
  mode: number;
  stamp: number;
  entries: Map<string, MemoryEntry>;
  durable: ReadonlyMap<string, MemoryEntry>;
}

export interface MemorySymlink {
  readonly kind: 'symlink';
  readonly inode: number;
  readonly target: string;
  readonly mode: number;
  readonly stamp: number;
}

export type MemoryEntry = MemoryFile | MemoryDirectory | MemorySymlink;

/** What of the things that were not synced reached the disk all the same. */
export type Survival = (what: 'name' | 'content', name: string) => 'kept' | 'lost' | 'torn';

const nothing = new Uint8Array();

export function newFile(inode: number, mode: number, stamp: number): MemoryFile {
  return { kind: 'file', inode, bytes: nothing, mode, stamp, durable: { bytes: nothing, mode } };
}

export function newDirectory(inode: number, stamp: number): MemoryDirectory {
  return { kind: 'directory', inode, mode: 0o755, stamp, entries: new Map(), durable: new Map() };
}

/** Cuts the power: every directory and file goes back to its durable version, save what `survival` lets through. */
export function cutPower(directory: MemoryDirectory, survival: Survival): void {
  const names = new Set([...directory.entries.keys(), ...directory.durable.keys()]);
  const after = new Map<string, MemoryEntry>();
  for (const name of [...names].sort()) {
    const seen = directory.entries.get(name);
    const durable = directory.durable.get(name);
    const entry = seen === durable || survival('name', name) === 'kept' ? seen : durable;
    if (entry !== undefined) after.set(name, entry);
  }
  directory.entries = after;
  directory.durable = new Map(after);
  for (const [name, entry] of after) {
    if (entry.kind === 'directory') cutPower(entry, survival);
    if (entry.kind === 'file') cutFile(entry, survival, name);
  }
}

function cutFile(file: MemoryFile, survival: Survival, name: string): void {
  if (file.bytes !== file.durable.bytes || file.mode !== file.durable.mode) {
    const fate = survival('content', name);
    if (fate === 'lost') {
      file.bytes = file.durable.bytes;
      file.mode = file.durable.mode;
    } else if (fate === 'torn') {
      file.bytes = file.bytes.slice(0, Math.floor(file.bytes.length / 2));
    }
  }
  file.durable = { bytes: file.bytes, mode: file.mode };
}

/** Bytes of every file that programs see. A file with two names (after a lost rename) counts twice. */
export function sizeOf(entry: MemoryEntry): number {
  if (entry.kind === 'file') return entry.bytes.length;
  if (entry.kind === 'symlink') return 0;
  let sizeBytes = 0;
  for (const child of entry.entries.values()) sizeBytes += sizeOf(child);
  return sizeBytes;
}

/** How many names of it programs see. */
export function namesOf(file: MemoryFile, within: MemoryDirectory): number {
  let names = 0;
  for (const child of within.entries.values()) {
    if (child.kind === 'directory') names += namesOf(file, child);
    else names += Number(child === file);
  }
  return names;
}

/** A copy that shares nothing; an entry under several names stays one. */
export function copyEntry<T extends MemoryEntry>(entry: T, copies: Map<MemoryEntry, MemoryEntry>): T {
  const known = copies.get(entry);
  if (known !== undefined) return known as T;
  const copy: MemoryEntry = { ...entry };
  copies.set(entry, copy);
  if (copy.kind === 'directory') {
    copy.entries = copyNames(copy.entries, copies);
    copy.durable = copyNames(copy.durable, copies);
  }
  return copy as T;
}

function copyNames(names: ReadonlyMap<string, MemoryEntry>, copies: Map<MemoryEntry, MemoryEntry>) {
  return new Map(Array.from(names, ([name, entry]) => [name, copyEntry(entry, copies)]));
}
