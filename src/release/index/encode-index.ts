/**
 * The bytes of an index: fields in one order, whatever order they were read or put together in. Equal indexes give equal
 * bytes, so that one which was merged from changes is the one that was signed, or none.
 */
import type { IndexedDelta } from '../../model/delta.ts';
import type { ReleaseIndex, ReleaseIndexEntry } from '../../model/release.ts';

export function encodeIndex(index: ReleaseIndex): Uint8Array {
  const ordered: ReleaseIndex = {
    formatVersion: index.formatVersion,
    product: index.product,
    counter: index.counter,
    generatedAt: index.generatedAt,
    expiresAt: index.expiresAt,
    entries: index.entries.map(orderedEntry),
    deltas: index.deltas.map(orderedDelta),
    ...(index.crls === undefined ? {} : { crls: index.crls.map(({ url, sha256 }) => ({ url, sha256 })) }),
  };
  return new TextEncoder().encode(`${JSON.stringify(ordered, null, 2)}\n`);
}

function orderedEntry(entry: ReleaseIndexEntry): ReleaseIndexEntry {
  return {
    package: entry.package,
    version: entry.version,
    platform: entry.platform,
    architecture: entry.architecture,
    manifestHash: entry.manifestHash,
    url: entry.url,
    critical: entry.critical,
    ...(entry.yanked === undefined ? {} : { yanked: entry.yanked }),
  };
}

function orderedDelta(delta: IndexedDelta): IndexedDelta {
  return {
    package: delta.package,
    platform: delta.platform,
    architecture: delta.architecture,
    from: delta.from,
    to: delta.to,
    url: delta.url,
    sha256: delta.sha256,
    patchBytes: delta.patchBytes,
  };
}
