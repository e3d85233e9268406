/**
 * An index goes out in two files that cannot change at once. So it is made and signed first, then written down whole in
 * the store, and only then put in place: a crash between the two files is finished by the next start, which needs no key.
 * Beside it goes what changed since the last few of them.
 */
import { digestBytes } from '../../kernel/digest.ts';
import type { Finding } from '../../kernel/finding.ts';
import { releaseNames } from '../../model/release-format/layout.ts';
import { parseReleaseIndex } from '../../model/release-format/parse-index.ts';
import type { ReleaseIndex } from '../../model/release.ts';
import type { Publication } from '../../ports/manifest-store.ts';
import type { Signer } from '../../ports/signer.ts';
import { assembleIndex, type IndexOptions } from './assemble-index.ts';
import { removeChanges, writeChanges, writeStep } from './changes/publish-changes.ts';
import { encodeIndex } from './encode-index.ts';
import type { FoundRelease } from '../scan-releases.ts';
import { signDetached } from '../sign-detached.ts';
import type { ReleasesPlace } from '../store/releases-place.ts';
import { writeDraft } from '../write-file.ts';
import { markOf } from './yank.ts';

export interface MadeIndex {
  /** null: an error finding forbids it. */
  readonly made: {
    readonly index: ReleaseIndex;
    readonly publication: Publication & { readonly index: Uint8Array };
  } | null;
  readonly findings: readonly Finding[];
}

/** The index of these releases, signed where there is a signer. Writes nothing. Throws INDEX_INVALID for what nobody could read. */
export async function makeIndex(
  found: readonly FoundRelease[],
  signer: Signer | undefined,
  options: IndexOptions,
): Promise<MadeIndex> {
  const { index, findings } = assembleIndex(found, options);
  if (index === null) return { made: null, findings };
  const bytes = encodeIndex(index);
  // Read back by the parser nodes use: an index that they refuse, and the next run too, is not signed.
  parseReleaseIndex(bytes, 'refuse');
  const signature = signer === undefined ? null : await signDetached(bytes, signer, options.nowMs);
  return { made: { index, publication: { index: bytes, signature, mark: markOf(index) } }, findings };
}

/** Of the indexes before, so many that whoever looks now and then has one of them. */
export const defaultChanges = 16;

/**
 * Writes it over the one before, and what changed since the last `changes` of them beside it. Durable when it resolves;
 * finished by the next start where it does not.
 */
export async function publishIndex(place: ReleasesPlace, publication: Publication, changes?: number): Promise<void> {
  await place.store.announce(publication);
  await finishPublication(place, changes);
}

/** What was announced, by this process or one that died since. False where there is nothing. */
export async function finishPublication(
  { files, root, store }: ReleasesPlace,
  changes: number = defaultChanges,
): Promise<boolean> {
  const publication = await store.publication();
  if (publication === null) return false;
  const { index, signature } = publication;
  const { index: name, indexSignature } = releaseNames;
  const after =
    index === null || signature === null
      ? null
      : { index: parseReleaseIndex(index), bytes: index, digest: digestBytes(index) };
  if (after !== null) await writeStep(files, root, after);
  const draft = index === null ? null : await writeDraft(files, root, name, index);
  const signatureDraft = signature === null ? null : await writeDraft(files, root, indexSignature, signature);
  // The old signature goes first: in between the index is unsigned, never wrongly signed.
  await files.removeFile(`${root}/${indexSignature}`);
  if (draft === null) await files.removeFile(`${root}/${name}`);
  else await files.rename(draft, `${root}/${name}`);
  if (signatureDraft !== null) await files.rename(signatureDraft, `${root}/${indexSignature}`);
  if (after === null) await removeChanges(files, root);
  else await writeChanges(files, root, after, changes);
  await files.syncDirectory(root);
  await store.clearPublication();
  return true;
}
