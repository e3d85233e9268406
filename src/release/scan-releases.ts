import compare from 'semver/functions/compare.js';
import { ThemisError } from '../kernel/error.ts';
import { compareText } from '../kernel/finding.ts';
import type { EntryKey } from '../model/release-format/index-delta.ts';
import { joinReleasePath, releaseLimits, releaseNames } from '../model/release-format/layout.ts';
import type { ReleaseManifest } from '../model/release.ts';
import type { FileSystem } from '../ports/file-system.ts';
import { parseManifest } from '../trust/policy/parse-manifest.ts';
import type { Refusal } from '../trust/refusal.ts';

export interface FoundRelease {
  /** Relative to the directory that was scanned; '' where that is the release itself. */
  readonly directory: string;
  readonly isSigned: boolean;
  readonly result: { readonly ok: true; readonly manifest: ReleaseManifest } | Refusal;
}

/** What lies beside releases and is none, whatever it holds. */
const besideReleases: ReadonlySet<string> = new Set([
  releaseNames.lists,
  releaseNames.deltas,
  releaseNames.indexDeltas,
]);

/**
 * The releases of a directory: each directory in it that holds a `release.json`, or itself. What is found is parsed, not
 * trusted; payloads are not looked at. Sorted by package, version, platform; what cannot be read comes last.
 */
export async function scanReleases(fileSystem: FileSystem, root: string): Promise<FoundRelease[]> {
  const itself = await readFound(fileSystem, root, '');
  // What a payload holds, even a directory with a manifest of its own, is payload.
  if (itself !== null) return [itself];
  const found: FoundRelease[] = [];
  for (const directory of await fileSystem.readDirectory(root)) {
    if (besideReleases.has(directory)) continue;
    if ((await fileSystem.lstat(`${root}/${directory}`))?.kind !== 'directory') continue;
    const release = await readFound(fileSystem, root, directory).catch(unreadable);
    if (release !== null) found.push(release);
  }
  return found.sort(compareFound);
}

async function readFound(fileSystem: FileSystem, root: string, directory: string): Promise<FoundRelease | null> {
  const path = joinReleasePath(directory, releaseNames.manifest);
  const stat = await fileSystem.lstat(`${root}/${path}`);
  if (stat === null || stat.kind === 'directory') return null;
  const signature = await fileSystem.lstat(`${root}/${joinReleasePath(directory, releaseNames.signature)}`);
  const isSigned = signature?.kind === 'file';
  if (stat.kind !== 'file') {
    return {
      directory,
      isSigned,
      result: { ok: false, code: 'RELEASE_SYMLINK', message: `${path} is not a plain file.` },
    };
  }
  if (stat.sizeBytes > releaseLimits.manifestBytes) {
    return { directory, isSigned, result: { ok: false, code: 'MANIFEST_INVALID', message: `${path} is too large.` } };
  }
  return { directory, isSigned, result: parseManifest(await fileSystem.readFile(`${root}/${path}`)) };
}

/** A directory that may not be entered, or vanished meanwhile, holds no release for us. */
function unreadable(error: unknown): null {
  if (error instanceof ThemisError && (error.code === 'IO' || error.code === 'NOT_FOUND')) return null;
  throw error;
}

function compareFound(a: FoundRelease, b: FoundRelease): number {
  if (a.result.ok && b.result.ok) {
    return compareReleases(a.result.manifest, b.result.manifest) || compareText(a.directory, b.directory);
  }
  return Number(b.result.ok) - Number(a.result.ok) || compareText(a.directory, b.directory);
}

/** The order of releases in an index. */
export function compareReleases(a: EntryKey, b: EntryKey): number {
  return (
    compareText(a.package, b.package) ||
    compare(a.version, b.version) ||
    compareText(a.platform, b.platform) ||
    compareText(a.architecture, b.architecture)
  );
}

/**
 * The counter a release takes where nobody names one: built again, that which it has; else one more than any of its
 * package, so that no two releases share one. `passed`: the highest the package is known to have had.
 */
export function nextCounter(
  beside: readonly FoundRelease[],
  release: Pick<ReleaseManifest, 'package' | 'version' | 'platform' | 'architecture'>,
  passed = 0,
): number {
  const own = beside.flatMap(({ result }) =>
    result.ok && result.manifest.package === release.package ? [result.manifest] : [],
  );
  const again = own.find((each) =>
    (['version', 'platform', 'architecture'] as const).every((field) => each[field] === release[field]),
  );
  return again?.counter ?? Math.max(passed, ...own.map(({ counter }) => counter)) + 1;
}
