import { digestBytes } from '../../kernel/digest.ts';
import type { Finding } from '../../kernel/finding.ts';
import { releaseNames } from '../../model/release-format/layout.ts';
import type { ReleaseIndex } from '../../model/release.ts';
import type { FileSystem } from '../../ports/file-system.ts';
import type { Signer } from '../../ports/signer.ts';
import { assembleIndex, type IndexOptions } from './assemble-index.ts';
import { removeChanges, writeChanges, writeStep } from './changes/publish-changes.ts';
import { encodeIndex } from './encode-index.ts';
import type { FoundRelease } from '../scan-releases.ts';
import { signDetached } from '../sign-detached.ts';
import { writeWholeFile } from '../write-file.ts';

export interface PublishedIndex {
  /** null: an error finding forbade it, and nothing was written. */
  readonly index: ReleaseIndex | null;
  readonly bytes: Uint8Array;
  readonly findings: readonly Finding[];
}

/** Of the indexes before, so many that whoever looks now and then has one of them. */
export const defaultChanges = 16;

/**
 * Makes the index of these releases, signs it where there is a signer, and writes it over the one before; beside it goes
 * what changed since the last `changes` of them.
 */
export async function publishIndex(
  fileSystem: FileSystem,
  directory: string,
  found: readonly FoundRelease[],
  signer: Signer | undefined,
  options: IndexOptions & { readonly changes?: number },
): Promise<PublishedIndex> {
  const { index, findings } = assembleIndex(found, options);
  if (index === null) return { index, bytes: new Uint8Array(), findings };
  const bytes = encodeIndex(index);
  const signature = signer === undefined ? null : await signDetached(bytes, signer, options.nowMs);
  const after = { index, bytes, digest: digestBytes(bytes) };
  if (signature !== null) await writeStep(fileSystem, directory, after);
  // The old signature goes first: between the two writes the index is unsigned, never wrongly signed.
  await fileSystem.removeFile(`${directory}/${releaseNames.indexSignature}`);
  await writeWholeFile(fileSystem, directory, releaseNames.index, bytes);
  if (signature !== null) {
    await writeWholeFile(fileSystem, directory, releaseNames.indexSignature, signature);
    await writeChanges(fileSystem, directory, after, options.changes ?? defaultChanges);
  } else await removeChanges(fileSystem, directory);
  return { index, bytes, findings };
}

/** Where no release is left there is nothing to list. */
export async function removeIndex(fileSystem: FileSystem, directory: string): Promise<void> {
  await fileSystem.removeFile(`${directory}/${releaseNames.indexSignature}`);
  await fileSystem.removeFile(`${directory}/${releaseNames.index}`);
  await removeChanges(fileSystem, directory);
  await fileSystem.syncDirectory(directory);
}
