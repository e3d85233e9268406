/**
 * What changed between two indexes of a source: `index/HASH.delta.json`, where HASH is that of the `index.json` which
 * the reader has. It is not signed. Whoever merges it has the bytes of an index, or not: the signature of the newer
 * index over them says which. Field names are an interface.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { IndexedDelta } from '../delta.ts';
import type { ReleaseIndex, ReleaseIndexEntry } from '../release.ts';

export interface IndexDelta {
  readonly formatVersion: string;
  /** Of the bytes of `index.json`. Equal where the reader has the newest. */
  readonly from: Digest;
  readonly to: Digest;
  /** Counter of the one that it starts from. */
  readonly fromCounter: number;
  readonly head: IndexHead;
  readonly entries: Edits<ReleaseIndexEntry, EntryKey>;
  readonly deltas: Edits<IndexedDelta, DeltaKey>;
}

/** Everything of the newer index but what it lists. */
export type IndexHead = Omit<ReleaseIndex, 'entries' | 'deltas'>;

/** No key stands in it twice. */
export interface Edits<Item, Key> {
  readonly added: readonly Item[];
  readonly changed: readonly Item[];
  readonly removed: readonly Key[];
}

/** What an index lists once. */
export type EntryKey = Pick<ReleaseIndexEntry, 'package' | 'version' | 'platform' | 'architecture'>;
export type DeltaKey = Pick<IndexedDelta, 'package' | 'platform' | 'architecture' | 'from' | 'to'>;

export function entryKey(entry: EntryKey): string {
  return [entry.package, entry.version, entry.platform, entry.architecture].join(' ');
}

export function deltaKey(delta: DeltaKey): string {
  return [delta.package, delta.platform, delta.architecture, delta.from, delta.to].join(' ');
}
