import { ThemisError } from '../../kernel/error.ts';
import { pathProblem } from '../../kernel/path-guard.ts';
import {
  anyObject,
  flag,
  listOf,
  objectOf,
  optional,
  readShape,
  type ShapeProblem,
  textOf,
  wholeNumber,
} from '../../kernel/document/shape.ts';
import { parseStrictJson } from '../../kernel/document/strict-json.ts';
import type { IndexedList, ReleaseIndex, ReleaseIndexEntry } from '../release.ts';
import { releaseLimits, releaseNames } from './layout.ts';
import { shapes } from './shapes.ts';

const entry = objectOf<ReleaseIndexEntry>(
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
  'refuse',
);

const list = objectOf<IndexedList>(
  { url: textOf(`the safe relative path of a list in ${releaseNames.lists}/`, isListUrl), sha256: shapes.hex },
  'refuse',
);

const index = objectOf<Omit<ReleaseIndex, 'counter'> & { readonly counter?: number }>(
  {
    formatVersion: textOf('1.x', /^1\.\d{1,4}$/u),
    product: shapes.line,
    counter: optional(wholeNumber),
    generatedAt: shapes.timestamp,
    expiresAt: shapes.timestamp,
    entries: listOf(entry, releaseLimits.indexEntries),
    deltas: listOf(anyObject, releaseLimits.indexEntries),
    crls: optional(listOf(list, releaseLimits.lists)),
  },
  'refuse',
);

/** Form only: whether it is signed and fresh is for `trust/`. Throws UNSUPPORTED_FORMAT or INDEX_INVALID naming the first problems. */
export function parseReleaseIndex(bytes: Uint8Array): ReleaseIndex {
  const json = parseStrictJson(bytes, releaseLimits.indexBytes);
  if (!json.ok) throw new ThemisError('INDEX_INVALID', `${releaseNames.index} cannot be read: ${json.detail}.`);
  const read = readShape(index, json.value);
  // One from before indexes counted is older than any that does.
  if (read.ok) return withoutRepeats({ ...read.value, counter: read.value.counter ?? 0 });
  const { problems } = read;
  if (problems.some(({ at, kind }) => at === 'formatVersion' && kind === 'value')) {
    throw new ThemisError(
      'UNSUPPORTED_FORMAT',
      `${releaseNames.index} has another format version; this Themis reads 1.x.`,
    );
  }
  throw new ThemisError('INDEX_INVALID', `${releaseNames.index} is not an index: ${summaryOf(problems)}.`);
}

function withoutRepeats(parsed: ReleaseIndex): ReleaseIndex {
  const keys = parsed.entries.map((each) => [each.package, each.version, each.platform, each.architecture].join(' '));
  const seen = new Set<string>();
  const repeated = keys.find((key) => seen.size === seen.add(key).size);
  if (repeated !== undefined) throw new ThemisError('INDEX_INVALID', `${releaseNames.index} lists ${repeated} twice.`);
  return parsed;
}

function isManifestUrl(url: string): boolean {
  return pathProblem(url) === undefined && (url === releaseNames.manifest || url.endsWith(`/${releaseNames.manifest}`));
}

function isListUrl(url: string): boolean {
  return pathProblem(url) === undefined && /^crls\/[^/]+\.crl$/u.test(url);
}

function summaryOf(problems: readonly ShapeProblem[]): string {
  const shown = problems.slice(0, 3).map(({ kind, at, expected, found }) => {
    if (kind === 'missing') return `${at} is missing`;
    return kind === 'unknown' ? `${at} is unknown` : `${at} is ${found} instead of ${expected}`;
  });
  return problems.length > 3 ? `${shown.join('; ')}; and ${problems.length - 3} more` : shown.join('; ');
}
