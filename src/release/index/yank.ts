import type { Digest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { parseReleaseIndex } from '../../model/release-format/parse-index.ts';
import type { ReleaseIndex } from '../../model/release.ts';
import type { IndexMark } from '../../ports/manifest-store.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import type { FoundRelease } from '../scan-releases.ts';

/**
 * The index before it is made again; null where there is none. A damaged one throws: it is not guessed. So does one with
 * fields that this Themis does not know: they would be gone.
 */
export async function presentIndex(
  source: ReleaseSource,
): Promise<Awaited<ReturnType<ReleaseSource['readIndex']>> | null> {
  try {
    const present = await source.readIndex();
    parseReleaseIndex(present.bytes, 'refuse');
    return present;
  } catch (error) {
    // A damaged index stops here: to make a new one over it would offer withdrawn releases again, under a lower counter.
    if (error instanceof ThemisError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

export function markOf({ counter, entries }: ReleaseIndex): IndexMark {
  return { counter, yanked: entries.flatMap((entry) => (entry.yanked === true ? [entry.manifestHash] : [])) };
}

/**
 * What a new index starts from: the present one, unless it is gone or older than the last that was made here, which says
 * then what is not to be forgotten.
 */
export function lastMark(present: ReleaseIndex | null, kept: IndexMark | null): IndexMark {
  const found = present === null ? { counter: 0, yanked: [] } : markOf(present);
  if (kept === null || kept.counter <= found.counter) return found;
  return { counter: kept.counter, yanked: [...new Set([...found.yanked, ...kept.yanked])] };
}

/**
 * The manifest hashes that are withdrawn once `yank` and `unyank` (`package@version`) are applied to those that are.
 * Throws USAGE for a release that is not there.
 */
export function yankedAfter(
  withdrawn: readonly Digest[],
  found: readonly FoundRelease[],
  yank: readonly string[],
  unyank: readonly string[],
): ReadonlySet<Digest> {
  const yanked = new Set(withdrawn);
  for (const name of yank) for (const hash of hashesOf(name, found)) yanked.add(hash);
  for (const name of unyank) for (const hash of hashesOf(name, found)) yanked.delete(hash);
  return yanked;
}

/** One version may have several: one a platform. */
function hashesOf(name: string, found: readonly FoundRelease[]): Digest[] {
  const hashes = found.flatMap(({ result }) =>
    result.ok && `${result.manifest.package}@${result.manifest.version}` === name ? [result.manifest.manifestHash] : [],
  );
  if (hashes.length > 0) return hashes;
  throw new ThemisError('USAGE', `There is no release ${name} here.`, {
    hint: 'Write package and version as `themis release list` shows them: themisdb@1.4.9.',
  });
}
