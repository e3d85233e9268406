/** Indexes of any size and with any changes, and a far source that serves them, counts, and may lie. */
import { createHash } from 'node:crypto';
import { type MemoryEntry, openMemorySource } from '../../../src/adapters/release-source/memory.ts';
import { digestBytes } from '../../../src/kernel/digest.ts';
import { compareText } from '../../../src/kernel/finding.ts';
import type { IndexedDelta } from '../../../src/model/delta.ts';
import { deltaKey } from '../../../src/model/release-format/index-delta.ts';
import type { ReleaseIndex, ReleaseIndexEntry } from '../../../src/model/release.ts';
import type { ReleaseSource } from '../../../src/ports/release-source.ts';
import type { DigestedIndex } from '../../../src/release/index/changes/index-delta.ts';
import { encodeIndex } from '../../../src/release/index/encode-index.ts';
import { compareReleases } from '../../../src/release/scan-releases.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** `content`: what makes two entries of one release differ. */
export function entryOf(packageName: string, version: string, content = ''): ReleaseIndexEntry {
  const directory = `${packageName}-${version}`;
  return {
    package: packageName,
    version,
    platform: 'linux',
    architecture: 'x64',
    manifestHash: `sha256:${hashOf(`${directory} ${content}`)}`,
    url: `${directory}/release.json`,
    critical: content.length % 2 === 1,
    ...(content.length % 3 === 2 ? { yanked: true } : {}),
  };
}

export function indexedDelta(packageName: string, from: string, to: string, content = ''): IndexedDelta {
  return {
    package: packageName,
    platform: 'linux',
    architecture: 'x64',
    from: entryOf(packageName, from).manifestHash,
    to: entryOf(packageName, to).manifestHash,
    url: `deltas/${packageName}-${from}-${to}/delta.json`,
    sha256: hashOf(content),
    patchBytes: content.length,
  };
}

export function indexOf(
  counter: number,
  entries: readonly ReleaseIndexEntry[],
  deltas: readonly IndexedDelta[] = [],
): DigestedIndex & { readonly bytes: Uint8Array } {
  const index: ReleaseIndex = {
    formatVersion: '1.0',
    product: 'themisdb',
    counter,
    generatedAt: `2026-07-01T00:00:${String(counter % 60).padStart(2, '0')}Z`,
    expiresAt: '2026-08-01T00:00:00Z',
    entries: entries.toSorted(compareReleases),
    deltas: deltas.toSorted((a, b) => compareText(deltaKey(a), deltaKey(b))),
    ...(counter % 2 === 0 ? {} : { crls: [{ url: `crls/${counter}.crl`, sha256: hashOf(String(counter)) }] }),
  };
  const bytes = encodeIndex(index);
  return { index, bytes, digest: digestBytes(bytes) };
}

export interface FarSource extends ReleaseSource {
  /** Paths that were asked for, and what it said. */
  readonly asked: string[];
}

/** A source in memory that lies behind a host, so that changes are asked for. */
export function farSource(entries: ReadonlyMap<string, MemoryEntry>): FarSource {
  const source = openMemorySource(entries);
  const asked: string[] = [];
  return {
    ...source,
    host: 'https://releases.example.org',
    asked,
    async readChanged(path, limitBytes, known) {
      const name = path.replace(/^index\/.*/u, 'changes');
      try {
        const read = await source.readChanged(path, limitBytes, known);
        asked.push(`${name}: ${read.kind === 'changed' ? 'bytes' : 'unchanged'}`);
        return read;
      } catch (error) {
        asked.push(`${name}: ${(error as { code?: string }).code}`);
        throw error;
      }
    },
  };
}
