import { ThemisError } from '../../kernel/error.ts';
import { pathProblem } from '../../kernel/path-guard.ts';
import { flag, integerFrom, listOf, objectOf, optional, textOf, wholeNumber } from '../../kernel/document/shape.ts';
import type { IndexedDelta } from '../delta.ts';
import { deltaKey, entryKey } from './index-delta.ts';
import type { IndexedList, ReleaseIndex, ReleaseIndexEntry } from '../release.ts';
import { releaseLimits, releaseNames } from './layout.ts';
import { byUnknown, readDocument, type Unknown } from './read-document.ts';
import { shapes } from './shapes.ts';

/** One release of an index; what `index/HASH.delta.json` carries as well. */
export const indexEntry = byUnknown((unknown) =>
  objectOf<ReleaseIndexEntry>(
    {
      package: shapes.package,
      version: shapes.version,
      platform: shapes.platform,
      architecture: shapes.architecture,
      manifestHash: shapes.digest,
      url: textOf(`the safe relative path of a ${releaseNames.manifest}`, isManifestUrl),
      critical: flag,
      yanked: optional(flag),
    },
    unknown,
  ),
);

export const indexedDelta = byUnknown((unknown) =>
  objectOf<IndexedDelta>(
    {
      package: shapes.package,
      platform: shapes.platform,
      architecture: shapes.architecture,
      from: shapes.digest,
      to: shapes.digest,
      url: textOf(`the safe relative path of a ${releaseNames.delta}`, isDeltaUrl),
      sha256: shapes.hex,
      patchBytes: integerFrom(0, releaseLimits.totalBytes),
    },
    unknown,
  ),
);

const indexedList = (unknown: Unknown) =>
  objectOf<IndexedList>(
    { url: textOf(`the safe relative path of a list in ${releaseNames.lists}/`, isListUrl), sha256: shapes.hex },
    unknown,
  );

/** Everything of an index but what it lists. */
export const indexHead = byUnknown((unknown) => ({
  formatVersion: shapes.formatVersion,
  product: shapes.line,
  generatedAt: shapes.timestamp,
  expiresAt: shapes.timestamp,
  crls: optional(listOf(indexedList(unknown), releaseLimits.lists)),
}));

const indexes = byUnknown((unknown) =>
  objectOf<Omit<ReleaseIndex, 'counter'> & { readonly counter?: number }>(
    {
      ...indexHead[unknown],
      counter: optional(wholeNumber),
      entries: listOf(indexEntry[unknown], releaseLimits.indexEntries),
      deltas: listOf(indexedDelta[unknown], releaseLimits.indexEntries),
    },
    unknown,
  ),
);

/** Form only: whether it is signed and fresh is for `trust/`. Throws UNSUPPORTED_FORMAT or INDEX_INVALID naming the first problems. */
export function parseReleaseIndex(bytes: Uint8Array, unknown: Unknown = 'drop'): ReleaseIndex {
  const { name, limitBytes } = { name: releaseNames.index, limitBytes: releaseLimits.indexBytes };
  const read = readDocument(bytes, indexes[unknown], { name, limitBytes, code: 'INDEX_INVALID' });
  refuseRepeats(read.entries.map(entryKey));
  refuseRepeats(read.deltas.map(deltaKey));
  // One from before indexes counted is older than any that does.
  return { ...read, counter: read.counter ?? 0 };
}

function refuseRepeats(keys: readonly string[]): void {
  const seen = new Set<string>();
  const repeated = keys.find((key) => seen.size === seen.add(key).size);
  if (repeated !== undefined) throw new ThemisError('INDEX_INVALID', `${releaseNames.index} lists ${repeated} twice.`);
}

function isManifestUrl(url: string): boolean {
  return pathProblem(url) === undefined && (url === releaseNames.manifest || url.endsWith(`/${releaseNames.manifest}`));
}

function isDeltaUrl(url: string): boolean {
  return pathProblem(url) === undefined && url.endsWith(`/${releaseNames.delta}`);
}

function isListUrl(url: string): boolean {
  return pathProblem(url) === undefined && /^crls\/[^/]+\.crl$/u.test(url);
}
