/**
 * A delta between two releases as they lie there: both are held against their manifests first, file by file, so that no
 * patch starts at, or leads to, anything but what was released. Nothing is written here.
 */
import { digestBytes, hexOf } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { ReleaseDelta } from '../../model/delta.ts';
import type { ReleaseFile, ReleaseManifest } from '../../model/release.ts';
import type { FileSystem } from '../../ports/file-system.ts';
import { assembleDelta } from './write-delta.ts';
import { type Attempt, findPatches, type FoundPatch, isWorthIt, type PatchSearch } from './find-patches.ts';
import { pairFiles } from './pair-files.ts';
import { findPresent, type PresentDelta, presentPatches } from './present-delta.ts';

export interface LyingRelease {
  /** Absolute, of its payload. */
  readonly directory: string;
  readonly manifest: ReleaseManifest;
}

export interface MadeDelta {
  readonly delta: ReleaseDelta;
  readonly patches: readonly FoundPatch[];
  /** What lay there when it was begun: as long as that does, this one may take its place. */
  readonly present: PresentDelta;
  readonly attempts: readonly Attempt[];
  /** Files of the target whose content the base has. */
  readonly reused: readonly ReleaseFile[];
  /** Files that travel whole: nothing to start at, or no patch that is worth it. */
  readonly whole: readonly ReleaseFile[];
}

/**
 * For the delta in `root`, over what lies there. Throws USAGE for releases that no delta can lead between, POLICY_REFUSED
 * where another one lies in its place, FILE_MISSING or FILE_HASH_MISMATCH for damaged ones.
 */
export async function makeDelta(
  fileSystem: FileSystem,
  root: string,
  from: LyingRelease,
  to: LyingRelease,
  search: Omit<PatchSearch, 'pairs' | 'present' | 'read'>,
): Promise<MadeDelta> {
  checkEnds(from.manifest, to.manifest);
  const present = await findPresent(fileSystem, root, assembleDelta(from.manifest, to.manifest, []));
  for (const release of [from, to]) await verifyFiles(fileSystem, release, search.signal);
  const { pairs, reused } = pairFiles(from.manifest, to.manifest);
  const promising = pairs.filter(({ target }) => isWorthIt(1, target.sizeBytes));
  const read: PatchSearch['read'] = (which, file) => readShared(fileSystem, which === 'base' ? from : to, file);
  const before = await presentPatches(fileSystem, root, present, promising);
  const { patches, attempts } = await findPatches({ ...search, pairs: promising, present: before, read });
  const served = new Set([...reused, ...patches.map(({ pair }) => pair.target)]);
  return {
    delta: assembleDelta(from.manifest, to.manifest, patches),
    patches,
    present,
    attempts,
    reused,
    whole: to.manifest.files.filter((file) => !served.has(file)),
  };
}

function checkEnds(from: ReleaseManifest, to: ReleaseManifest): void {
  const titleOf = ({ package: name, version, platform, architecture }: ReleaseManifest): string =>
    `${name} ${version} (${platform}/${architecture})`;
  if (from.manifestHash === to.manifestHash) throw new ThemisError('USAGE', `${titleOf(from)} is both ends.`);
  for (const field of ['product', 'package', 'platform', 'architecture'] as const) {
    if (from[field] === to[field]) continue;
    throw new ThemisError(
      'USAGE',
      `${titleOf(from)} and ${titleOf(to)} differ in their ${field}; a delta keeps to one.`,
    );
  }
}

async function verifyFiles(
  fileSystem: FileSystem,
  { directory, manifest }: LyingRelease,
  signal?: AbortSignal,
): Promise<void> {
  for (const file of manifest.files) {
    if (signal?.aborted === true) throw new ThemisError('CANCELLED', 'Making the delta was cancelled.');
    const path = `${directory}/${file.path}`;
    const stat = await fileSystem.lstat(path);
    if (stat?.kind !== 'file')
      throw new ThemisError('FILE_MISSING', `${path} is listed in its manifest but missing, or no plain file.`);
    if (hexOf((await fileSystem.digestFile(path)).digest) !== file.sha256) throw changed(path);
  }
}

/** Once more, since it may have changed after it was verified. */
async function readShared(fileSystem: FileSystem, { directory }: LyingRelease, file: ReleaseFile): Promise<Uint8Array> {
  const path = `${directory}/${file.path}`;
  const bytes = await fileSystem.readFile(path);
  if (hexOf(digestBytes(bytes)) !== file.sha256) throw changed(path);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

function changed(path: string): ThemisError {
  return new ThemisError('FILE_HASH_MISMATCH', `${path} is not the file that was released: its hash differs.`, {
    hint: 'Restore it, or build and sign the release again.',
  });
}
