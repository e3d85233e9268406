/**
 * Which file of a release each file of the next one is made from: the one at its path, else the one whose name and size
 * are likest. What is there already with the same content, wherever, needs nothing. A base has to lie on every machine
 * that gets the target.
 */
import { compareText } from '../../kernel/finding.ts';
import type { ReleaseFile, ReleaseManifest } from '../../model/release.ts';

export interface FilePair {
  readonly base: ReleaseFile;
  readonly target: ReleaseFile;
}

export interface PairedFiles {
  /** Sorted by path of the target. */
  readonly pairs: readonly FilePair[];
  /** Content that the base has. */
  readonly reused: readonly ReleaseFile[];
  /** Nothing in the base is like them. */
  readonly fresh: readonly ReleaseFile[];
}

type Release = Pick<ReleaseManifest, 'files'>;

export function pairFiles(from: Release, to: Release): PairedFiles {
  const find = baseFinder(from.files);
  const pairs: FilePair[] = [];
  const reused: ReleaseFile[] = [];
  const fresh: ReleaseFile[] = [];
  for (const target of to.files) {
    const base = find(target);
    if (base === 'same content') reused.push(target);
    else if (base === undefined) fresh.push(target);
    else pairs.push({ base, target });
  }
  return { pairs, reused, fresh };
}

/** How a name may be another's: the same but for numbers and hashes in it, in the same place or elsewhere. */
const likenesses: readonly ((path: string) => string)[] = [
  withoutNumbers,
  nameOf,
  (path) => withoutNumbers(nameOf(path)),
];
/** Files that differ more in size are hardly versions of each other. */
const mostGrowth = 4;

function baseFinder(files: readonly ReleaseFile[]): (target: ReleaseFile) => ReleaseFile | 'same content' | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const byContent = Map.groupBy(files, ({ sha256 }) => sha256);
  const byLikeness = likenesses.map((of) => Map.groupBy(files, ({ path }) => of(path)));
  return (target) => {
    const liesThere = (file: ReleaseFile): boolean => isWherever(file, target);
    if (byContent.get(target.sha256)?.some(liesThere) === true) return 'same content';
    const atPath = byPath.get(target.path);
    if (atPath !== undefined && liesThere(atPath) && atPath.sizeBytes > 0) return atPath;
    for (const [rank, of] of likenesses.entries()) {
      const alike = (byLikeness[rank]!.get(of(target.path)) ?? []).filter(
        (file) => liesThere(file) && growth(file, target) <= mostGrowth,
      );
      if (alike.length > 0) return alike.reduce((best, file) => (isNearer(file, best, target) ? file : best));
    }
    return undefined;
  };
}

function isNearer(file: ReleaseFile, best: ReleaseFile, target: ReleaseFile): boolean {
  const difference = growth(file, target) - growth(best, target);
  return difference < 0 || (difference === 0 && compareText(file.path, best.path) < 0);
}

function growth({ sizeBytes: a }: ReleaseFile, { sizeBytes: b }: ReleaseFile): number {
  return Math.min(a, b) === 0 ? Infinity : Math.max(a, b) / Math.min(a, b);
}

/** `lib/libx.so.1.4` and `lib/libx.so.1.5`; `assets/app.3fa9c2.js` and `assets/app.77b01e.js`. */
function withoutNumbers(path: string): string {
  return path.replaceAll(/[0-9a-f]{6,}|\d+/gu, '#');
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether a machine that gets `target` got `file` as well, by what they are for. */
function isWherever(file: ReleaseFile, target: ReleaseFile): boolean {
  const covers = (own = 'any', others = 'any'): boolean => own === 'any' || own === others;
  return covers(file.platform, target.platform) && covers(file.architecture, target.architecture);
}
