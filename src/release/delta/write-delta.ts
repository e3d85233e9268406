/**
 * A delta on disk: patches first, each whole and named by its hash, then `delta.json`, then its signature, then away with
 * patches that nothing names any more. Killed anywhere there is the delta before, or an unsigned one that no index lists,
 * or the new one.
 */
import { digestBytes } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { DeltaFile, ReleaseDelta } from '../../model/delta.ts';
import { releaseNames } from '../../model/release-format/layout.ts';
import { encodeReleaseDelta } from '../../model/release-format/parse-delta.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import type { FileSystem } from '../../ports/file-system.ts';
import { writeWholeFile } from '../write-file.ts';
import type { FoundPatch } from './find-patches.ts';
import { findPresent, type PresentDelta } from './present-delta.ts';
import { isPatchFile } from './scan-deltas.ts';

export function assembleDelta(
  from: ReleaseManifest,
  to: ReleaseManifest,
  patches: readonly FoundPatch[],
): ReleaseDelta {
  return {
    formatVersion: '1.0',
    product: to.product,
    package: to.package,
    platform: to.platform,
    architecture: to.architecture,
    from: from.version,
    to: to.version,
    fromManifestHash: from.manifestHash,
    toManifestHash: to.manifestHash,
    files: patches.map(deltaFileOf),
  };
}

function deltaFileOf({ pair: { base, target }, algorithm, patch, patchHash }: FoundPatch): DeltaFile {
  return {
    path: target.path,
    ...(base.path === target.path ? {} : { basePath: base.path }),
    baseHash: base.sha256,
    targetHash: target.sha256,
    patchUrl: `${releaseNames.patches}/${patchHash}`,
    patchHash,
    patchSize: patch.length,
    targetSize: target.sizeBytes,
    algorithm,
  };
}

export interface WrittenDelta {
  /** Relative to the directory of releases. */
  readonly directory: string;
  /** False where exactly it lay there already. */
  readonly changed: boolean;
  readonly isSigned: boolean;
}

/**
 * In place of `present`: throws ALREADY_IN_PROGRESS where another has been written since, which may be the better one.
 * `sign` gets the bytes of `delta.json`; null leaves it unsigned, and a signature over the same bytes where it is.
 */
export async function writeDelta(
  fileSystem: FileSystem,
  root: string,
  delta: ReleaseDelta,
  patches: readonly FoundPatch[],
  present: PresentDelta,
  sign: ((path: string, bytes: Uint8Array) => Promise<void>) | null,
): Promise<WrittenDelta> {
  const { directory } = present;
  await checkUnchanged(fileSystem, root, delta, present);
  const place = `${root}/${directory}`;
  for (const made of [`${root}/${releaseNames.deltas}`, place, `${place}/${releaseNames.patches}`])
    await makeDirectory(fileSystem, made);
  for (const { patch, patchHash } of patches)
    await writeWholeFile(fileSystem, `${place}/${releaseNames.patches}`, patchHash, patch);
  const path = `${place}/${releaseNames.delta}`;
  const bytes = encodeReleaseDelta(delta);
  const stat = await fileSystem.lstat(path);
  const changed = stat?.kind !== 'file' || digestBytes(await fileSystem.readFile(path)) !== digestBytes(bytes);
  if (changed) {
    // A signature over other bytes can only mislead.
    await fileSystem.removeFile(`${place}/${releaseNames.deltaSignature}`);
    await writeWholeFile(fileSystem, place, releaseNames.delta, bytes);
  }
  await sign?.(path, bytes);
  await removeOthers(fileSystem, `${place}/${releaseNames.patches}`, new Set(patches.map((each) => each.patchHash)));
  const signature = await fileSystem.lstat(`${place}/${releaseNames.deltaSignature}`);
  return { directory, changed, isSigned: signature?.kind === 'file' };
}

async function checkUnchanged(
  fileSystem: FileSystem,
  root: string,
  delta: ReleaseDelta,
  present: PresentDelta,
): Promise<void> {
  const now = await findPresent(fileSystem, root, delta);
  if (now.directory === present.directory && now.found?.digest === present.found?.digest) return;
  throw new ThemisError('ALREADY_IN_PROGRESS', `Somebody else wrote ${now.directory} meanwhile.`, {
    hint: 'Run it again: it starts from what lies there.',
  });
}

async function removeOthers(fileSystem: FileSystem, directory: string, named: ReadonlySet<string>): Promise<void> {
  for (const name of await fileSystem.readDirectory(directory)) {
    if (isPatchFile(name) && !named.has(name)) await fileSystem.removeFile(`${directory}/${name}`);
  }
  await fileSystem.syncDirectory(directory);
}

async function makeDirectory(fileSystem: FileSystem, path: string): Promise<void> {
  if ((await fileSystem.lstat(path))?.kind === 'directory') return;
  await fileSystem.makeDirectory(path);
  await fileSystem.syncDirectory(path.slice(0, path.lastIndexOf('/')));
}
