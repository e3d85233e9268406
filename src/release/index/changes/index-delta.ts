/**
 * What changed from one index to a later one: made from both, put together from two that follow each other, and merged
 * into the earlier one. Merging what was made gives the later index again; anything that does not fit gives null, and
 * nothing is guessed.
 */
import type { Digest } from '../../../kernel/digest.ts';
import type { IndexedDelta } from '../../../model/delta.ts';
import {
  deltaKey,
  type DeltaKey,
  type Edits,
  entryKey,
  type EntryKey,
  type IndexDelta,
  type IndexHead,
} from '../../../model/release-format/index-delta.ts';
import { releaseLimits } from '../../../model/release-format/layout.ts';
import type { ReleaseIndex, ReleaseIndexEntry } from '../../../model/release.ts';
import { compareText } from '../../../kernel/finding.ts';
import { compareReleases } from '../../scan-releases.ts';

export interface DigestedIndex {
  readonly index: ReleaseIndex;
  /** Of its bytes. */
  readonly digest: Digest;
}

export function diffIndexes(before: DigestedIndex, after: DigestedIndex): IndexDelta {
  return {
    formatVersion: '1.0',
    from: before.digest,
    to: after.digest,
    fromCounter: before.index.counter,
    head: headOf(after.index),
    entries: editsBetween(before.index.entries, after.index.entries, entryKey, entryKeyOf),
    deltas: editsBetween(before.index.deltas, after.index.deltas, deltaKey, deltaKeyOf),
  };
}

/** `first` leads to where `second` starts. */
export function composeDeltas(first: IndexDelta, second: IndexDelta): IndexDelta {
  return {
    ...second,
    from: first.from,
    fromCounter: first.fromCounter,
    entries: composeEdits(first.entries, second.entries, entryKey),
    deltas: composeEdits(first.deltas, second.deltas, deltaKey),
  };
}

/** null where the changes do not fit the index. Whether what comes out is the later one is for its digest to say. */
export function mergeIndex(base: ReleaseIndex, { head, entries, deltas }: IndexDelta): ReleaseIndex | null {
  const mergedEntries = mergeEdits(base.entries, entries, entryKey);
  const mergedDeltas = mergeEdits(base.deltas, deltas, deltaKey);
  if (mergedEntries === null || mergedDeltas === null) return null;
  return {
    ...head,
    entries: mergedEntries.sort(compareReleases),
    deltas: mergedDeltas.sort((a, b) => compareText(deltaKey(a), deltaKey(b))),
  };
}

export function encodeIndexDelta(delta: IndexDelta): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(delta)}\n`);
}

function entryKeyOf({ package: name, version, platform, architecture }: ReleaseIndexEntry): EntryKey {
  return { package: name, version, platform, architecture };
}

function deltaKeyOf({ package: name, platform, architecture, from, to }: IndexedDelta): DeltaKey {
  return { package: name, platform, architecture, from, to };
}

function headOf({ entries: _entries, deltas: _deltas, ...head }: ReleaseIndex): IndexHead {
  return head;
}

function editsBetween<Item extends object, Key>(
  before: readonly Item[],
  after: readonly Item[],
  nameOf: (item: Item) => string,
  keyOf: (item: Item) => Key,
): Edits<Item, Key> {
  const left = new Map(before.map((item) => [nameOf(item), item]));
  const added: Item[] = [];
  const changed: Item[] = [];
  for (const item of after) {
    const known = left.get(nameOf(item));
    if (known === undefined) added.push(item);
    else if (!equalItems(known, item)) changed.push(item);
    left.delete(nameOf(item));
  }
  return { added, changed, removed: [...left.values()].map(keyOf) };
}

/** Of plain fields. */
function equalItems(a: object, b: object): boolean {
  const fields = new Map(Object.entries(a));
  return (
    fields.size === Object.keys(b).length && Object.entries(b).every(([name, value]) => fields.get(name) === value)
  );
}

function composeEdits<Item extends Key, Key>(
  first: Edits<Item, Key>,
  second: Edits<Item, Key>,
  nameOf: (key: Key) => string,
): Edits<Item, Key> {
  const added = new Map(first.added.map((item) => [nameOf(item), item]));
  const changed = new Map(first.changed.map((item) => [nameOf(item), item]));
  const removed = new Map(first.removed.map((key) => [nameOf(key), key]));
  for (const key of second.removed) {
    const name = nameOf(key);
    changed.delete(name);
    // What came and went in between was never there for whoever starts at the first.
    if (!added.delete(name)) removed.set(name, key);
  }
  for (const item of second.added) (removed.delete(nameOf(item)) ? changed : added).set(nameOf(item), item);
  for (const item of second.changed) (added.has(nameOf(item)) ? added : changed).set(nameOf(item), item);
  return { added: [...added.values()], changed: [...changed.values()], removed: [...removed.values()] };
}

function mergeEdits<Item extends Key, Key>(
  base: readonly Item[],
  { added, changed, removed }: Edits<Item, Key>,
  nameOf: (key: Key) => string,
): Item[] | null {
  const names = [...added, ...changed, ...removed].map(nameOf);
  if (new Set(names).size < names.length || base.length + added.length > releaseLimits.indexEntries) return null;
  const merged = new Map(base.map((item) => [nameOf(item), item]));
  for (const key of removed) if (!merged.delete(nameOf(key))) return null;
  for (const item of changed) {
    if (!merged.has(nameOf(item))) return null;
    merged.set(nameOf(item), item);
  }
  for (const item of added) {
    if (merged.has(nameOf(item))) return null;
    merged.set(nameOf(item), item);
  }
  return [...merged.values()];
}
