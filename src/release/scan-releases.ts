import compare from 'semver/functions/compare.js';
import { ThemisError } from '../kernel/error.ts';
import { compareText } from '../kernel/finding.ts';
import { joinReleasePath, releaseDirectoryOf, releaseLimits, releaseNames } from '../model/release-format/layout.ts';
import type { ReleaseManifest } from '../model/release.ts';
import type { ReleaseSource } from '../ports/release-source.ts';
import { parseManifest } from '../trust/policy/parse-manifest.ts';
import type { Refusal } from '../trust/refusal.ts';

export interface FoundRelease {
  /** Relative to the source; '' where the source is the release. */
  readonly directory: string;
  readonly isSigned: boolean;
  readonly result: { readonly ok: true; readonly manifest: ReleaseManifest } | Refusal;
}

/**
 * The releases in a source: one per directory that holds a `release.json`, one level deep, or the source itself. What is
 * found is parsed, not trusted. Sorted by package, version, platform; what cannot be read comes last. NOT_FOUND where a
 * source cannot list.
 */
export async function scanReleases(source: ReleaseSource): Promise<FoundRelease[]> {
  const listing = await source.listFiles('');
  if (listing === null) throw new ThemisError('NOT_FOUND', 'This release source cannot list what it holds.');
  const paths = new Set(listing.filter(({ kind }) => kind === 'file').map(({ path }) => path));
  const manifests = [...paths].filter((path) => path === releaseNames.manifest || /^[^/]+\/release\.json$/u.test(path));
  const found: FoundRelease[] = [];
  for (const path of manifests.sort(compareText)) {
    const directory = releaseDirectoryOf(path);
    const result = parseManifest(await source.readFile(path, releaseLimits.manifestBytes));
    found.push({ directory, isSigned: paths.has(joinReleasePath(directory, releaseNames.signature)), result });
  }
  return found.sort(compareFound);
}

export function compareReleases(a: ReleaseManifest, b: ReleaseManifest): number {
  return (
    compareText(a.package, b.package) ||
    compare(a.version, b.version) ||
    compareText(a.platform, b.platform) ||
    compareText(a.architecture, b.architecture)
  );
}

function compareFound(a: FoundRelease, b: FoundRelease): number {
  if (a.result.ok && b.result.ok)
    return compareReleases(a.result.manifest, b.result.manifest) || compareText(a.directory, b.directory);
  return Number(b.result.ok) - Number(a.result.ok) || compareText(a.directory, b.directory);
}

/**
 * The counter a new release of a package takes where nobody names one: one more than the highest among the lower
 * versions beside it. Depends on lower versions only, so that building one again gives the same.
 */
export function nextCounter(beside: readonly FoundRelease[], packageName: string, version: string): number {
  const lower = beside.flatMap(({ result }) =>
    result.ok && result.manifest.package === packageName && compare(result.manifest.version, version) < 0
      ? [result.manifest.counter]
      : [],
  );
  return Math.max(0, ...lower) + 1;
}
