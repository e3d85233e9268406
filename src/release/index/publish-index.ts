import type { Finding } from '../../kernel/finding.ts';
import { releaseNames } from '../../model/release-format/layout.ts';
import type { ReleaseIndex } from '../../model/release.ts';
import type { FileSystem } from '../../ports/file-system.ts';
import type { Signer } from '../../ports/signer.ts';
import { assembleIndex, encodeIndex, type IndexOptions } from './assemble-index.ts';
import type { FoundRelease } from '../scan-releases.ts';
import { signDetached } from '../sign-detached.ts';
import { writeWholeFile } from '../write-file.ts';

export interface PublishedIndex {
  /** null: an error finding forbade it, and nothing was written. */
  readonly index: ReleaseIndex | null;
  readonly bytes: Uint8Array;
  readonly findings: readonly Finding[];
}

/** Makes the index of these releases, signs it where there is a signer, and writes it over the one before. */
export async function publishIndex(
  fileSystem: FileSystem,
  directory: string,
  found: readonly FoundRelease[],
  signer: Signer | undefined,
  options: IndexOptions,
): Promise<PublishedIndex> {
  const { index, findings } = assembleIndex(found, options);
  if (index === null) return { index, bytes: new Uint8Array(), findings };
  const bytes = encodeIndex(index);
  const signature = signer === undefined ? null : await signDetached(bytes, signer, options.nowMs);
  // The old signature goes first: between the two writes the index is unsigned, never wrongly signed.
  await fileSystem.removeFile(`${directory}/${releaseNames.indexSignature}`);
  await writeWholeFile(fileSystem, directory, releaseNames.index, bytes);
  if (signature !== null) await writeWholeFile(fileSystem, directory, releaseNames.indexSignature, signature);
  return { index, bytes, findings };
}

/** Where no release is left there is nothing to list. */
export async function removeIndex(fileSystem: FileSystem, directory: string): Promise<void> {
  await fileSystem.removeFile(`${directory}/${releaseNames.indexSignature}`);
  await fileSystem.removeFile(`${directory}/${releaseNames.index}`);
  await fileSystem.syncDirectory(directory);
}
