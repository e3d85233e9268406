/** What the commands share that make an index anew: who signs it, and what it takes over from the one before. */
import { openDirectorySource } from '../../../adapters/release-source/directory.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import type { IndexMark } from '../../../ports/manifest-store.ts';
import type { Signer } from '../../../ports/signer.ts';
import { believePresent, type PresentIndex } from '../../../release/index/believe-present.ts';
import { lastMark, presentIndex } from '../../../release/index/yank.ts';
import type { ReleasesPlace } from '../../../release/store/releases-place.ts';
import type { Input, Option, Session } from '../command.ts';
import { trustOf } from '../reading/release-input.ts';
import { signerOf, signerOptions } from '../reading/signer-input.ts';

export const indexOptions: readonly Option[] = [
  ...signerOptions,
  { name: '--unsigned', summary: 'leave the index unsigned; no node takes a release through it', variable: false },
  {
    name: '--anchors',
    value: 'FILE',
    summary: 'anchors.json of those who signed the present index, where somebody else signs now',
  },
  {
    name: '--trust-index',
    summary: 'take counter and withdrawn releases from the present index, whatever its signature says',
    variable: false,
  },
];

/** Signs the index made anew. `why`: what asks for a signature, unless `--unsigned` does without; null: nothing. */
export async function indexSignerOf(session: Session, input: Input, why: string | null): Promise<Signer | undefined> {
  const signer = await signerOf(session, input);
  if (signer !== undefined && input.flag('unsigned'))
    throw new ThemisError('USAGE', '--unsigned does not go with a signer.', { hint: 'Give one or the other.' });
  if (signer !== undefined || input.flag('unsigned') || why === null) return signer;
  throw new ThemisError('POLICY_REFUSED', why, {
    hint: 'Add --key FILE --certificate FILE (or another signer), so that the new index is signed; or --unsigned.',
  });
}

/** The index that lies there, as untrusted as it is. */
export async function presentIndexIn({ root }: ReleasesPlace): Promise<PresentIndex | null> {
  try {
    return await presentIndex(openDirectorySource(root));
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code !== 'INDEX_INVALID') throw error;
    throw new ThemisError(error.code, error.message, {
      cause: error,
      hint: `Put back what was published; or remove ${releaseNames.index} and say what it said, with release index --counter N --yank PACKAGE@VERSION.`,
    });
  }
}

/** What the new index may not fall behind. Says so where that is more than the present one says. */
export async function lastMarkOf(
  session: Session,
  { store }: ReleasesPlace,
  present: PresentIndex | null,
): Promise<IndexMark> {
  const kept = await store.lastIndex();
  const last = lastMark(present?.index ?? null, kept);
  if (present !== null && last.counter > present.index.counter) {
    session.err.write(
      `The index has counter ${present.index.counter}, but one with ${last.counter} was made here since; ` +
        'what that one withdrew stays withdrawn.\n',
    );
  }
  return last;
}

/** Refuses to take over anything from an index that does not hold; see `believePresent`. */
export async function checkPresent(
  session: Session,
  input: Input,
  { files }: ReleasesPlace,
  present: PresentIndex,
  signer: Signer | undefined,
): Promise<void> {
  if (input.flag('trust-index')) return;
  const trust = input.text('anchors') === undefined ? null : await trustOf(session, input, files);
  believePresent(present, signer, trust, session.clock.nowMs());
}
