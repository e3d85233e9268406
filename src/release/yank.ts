import type { Digest } from '../kernel/digest.ts';
import { ThemisError } from '../kernel/error.ts';
import type { ReleaseSource } from '../ports/release-source.ts';
import type { FoundRelease } from './scan-releases.ts';

/**
 * The manifest hashes that are withdrawn once `yank` and `unyank` (`package@version`) are applied to what the present
 * index says. Throws USAGE for a release that is not there.
 */
export async function yankedAfter(
  source: ReleaseSource,
  found: readonly FoundRelease[],
  yank: readonly string[],
  unyank: readonly string[],
): Promise<ReadonlySet<Digest>> {
  const yanked = new Set(await presentlyYanked(source));
  for (const name of yank) for (const hash of hashesOf(name, found)) yanked.add(hash);
  for (const name of unyank) for (const hash of hashesOf(name, found)) yanked.delete(hash);
  return yanked;
}

async function presentlyYanked(source: ReleaseSource): Promise<readonly Digest[]> {
  try {
    const { index } = await source.readIndex();
    return index.entries.flatMap((entry) => (entry.yanked === true ? [entry.manifestHash] : []));
  } catch (error) {
    // A damaged index stops here: to make a new one over it would offer withdrawn releases again.
    if (error instanceof ThemisError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
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
