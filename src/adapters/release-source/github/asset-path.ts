/**
 * Where a path of a releases directory lies among GitHub Releases. A release directory is named like its tag, so that
 * `v1.5.0/lib/main.ts` is an asset of the release tagged `v1.5.0`; what belongs to no release (the index, its signature,
 * what changed in it, revocation lists) are assets of the release tagged `themis-index`; and each delta is a release of
 * its own, that of `deltas/NAME/` tagged `deltas-NAME`, since GitHub takes only so many assets. Names of assets hold no
 * `/`, and GitHub changes most other characters in silence: the name is the path below the directory with `__` for each
 * `/`, and `_` with two hexadecimal digits for each byte that is no letter, digit, `.` or `-` (nor a `.` in front). No
 * two paths have one name (a release is not called `deltas-NAME`).
 */
import { releaseNames } from '../../../model/release-format/layout.ts';

export interface AssetPath {
  readonly tag: string;
  readonly name: string;
}

export const indexTag = 'themis-index';

/** Directories beside those of releases. */
const ofIndex: ReadonlySet<string> = new Set([releaseNames.lists, releaseNames.indexDeltas]);

/** The path has passed the guard. */
export function assetPathOf(path: string): AssetPath {
  const slash = path.indexOf('/');
  const top = path.slice(0, slash);
  if (slash < 0 || ofIndex.has(top)) return { tag: indexTag, name: assetName(path) };
  const below = path.slice(slash + 1);
  const next = below.indexOf('/');
  if (top !== releaseNames.deltas || next < 0) return { tag: top, name: assetName(below) };
  return { tag: `${top}-${below.slice(0, next)}`, name: assetName(below.slice(next + 1)) };
}

export function assetName(path: string): string {
  const name = path.split('/').map(escaped).join('__');
  return name.startsWith('.') ? `_2E${name.slice(1)}` : name;
}

function escaped(part: string): string {
  return part.replaceAll(/[^A-Za-z0-9.-]/gu, (character) =>
    [...new TextEncoder().encode(character)]
      .map((byte) => `_${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
