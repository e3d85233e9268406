/**
 * `state/installed.json`: what is installed, file by file, and a stat cache: what each file's inode looked like when
 * its bytes were last known. While a file still looks so, its bytes are taken to be those.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { InstalledPackage } from '../../model/observed.ts';
import type { FileStat } from '../../ports/file-system.ts';
import type { NodeContext } from '../context.ts';
import { readJson, writeJsonDurably } from './durable-file.ts';

export interface FileState {
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Permission bits. */
  readonly mode: number;
}

export interface InstalledRecord extends InstalledPackage {
  readonly counter: number;
  /** By path, relative to the install directory. */
  readonly files: Readonly<Record<string, FileState>>;
}

export type InstalledRecords = Readonly<Record<string, InstalledRecord>>;

export interface StatStamp {
  readonly sizeBytes: number;
  readonly modifiedNs: string;
  readonly changedNs: string;
  readonly inode: string;
  readonly sha256: string;
}

/** By path, relative to the install directory. */
export type Stamps = ReadonlyMap<string, StatStamp>;

export interface Installed {
  readonly formatVersion: '1.0';
  readonly packages: InstalledRecords;
  readonly cache: Readonly<Record<string, StatStamp>>;
}

const nothing: Installed = { formatVersion: '1.0', packages: {}, cache: {} };

export async function readInstalled(context: NodeContext): Promise<Installed> {
  return (await readJson<Installed>(context.files, context.layout.installed)) ?? nothing;
}

/** `stamps`: taken before the bytes were hashed, so that a file somebody changed since does not pass for those bytes. */
export async function writeInstalled(context: NodeContext, packages: InstalledRecords, stamps: Stamps): Promise<void> {
  const installed: Installed = { formatVersion: '1.0', packages, cache: Object.fromEntries(stamps) };
  await writeJsonDurably(context.files, context.layout.installed, installed);
}

/** The hash of a file that looks as it did when it was last read. */
export function cachedHash(installed: Installed, path: string, stat: FileStat): string | undefined {
  const stamp = Object.hasOwn(installed.cache, path) ? installed.cache[path] : undefined;
  if (stamp === undefined) return undefined;
  const now = stampOf(stat);
  const same =
    stamp.sizeBytes === now.sizeBytes &&
    stamp.modifiedNs === now.modifiedNs &&
    stamp.changedNs === now.changedNs &&
    stamp.inode === now.inode;
  return same ? stamp.sha256 : undefined;
}

export function toPackages(records: InstalledRecords): Record<string, InstalledPackage> {
  return Object.fromEntries(
    Object.entries(records).map(([name, { version, manifestHash, dataSchemaVersion }]) => [
      name,
      { version, manifestHash, dataSchemaVersion },
    ]),
  );
}

export function manifestHashes(records: InstalledRecords): Set<Digest> {
  return new Set(Object.values(records).map((record) => record.manifestHash));
}

export function stampOf(stat: FileStat): Omit<StatStamp, 'sha256'> {
  const { sizeBytes, modifiedNs, changedNs, inode } = stat;
  return { sizeBytes, modifiedNs, changedNs, inode };
}
