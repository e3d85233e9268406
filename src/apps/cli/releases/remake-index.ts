import { ThemisError } from '../../../kernel/error.ts';
import { inspectDeltas } from '../../../release/delta/inspect-deltas.ts';
import { type FoundDelta, scanDeltas } from '../../../release/delta/scan-deltas.ts';
import { type MadeIndex, makeIndex, publishIndex } from '../../../release/index/publish-index.ts';
import { scanLists } from '../../../release/index/scan-lists.ts';
import { yankedAfter } from '../../../release/index/yank.ts';
import { scanReleases } from '../../../release/scan-releases.ts';
import type { ReleasesPlace } from '../../../release/store/releases-place.ts';
import { syncStore } from '../../../release/store/sync-store.ts';
import type { Input, Session } from '../command.ts';
import { trustOf } from '../reading/release-input.ts';
import { checkPresent, indexSignerOf, lastMarkOf, presentIndexIn } from './index-input.ts';

export interface RemadeIndex {
  /** Default: one more than that of the index before. */
  readonly counter?: number | undefined;
  /** Take it even if it is not higher. */
  readonly lowerCounter?: boolean;
  /** `package@version`, on top of what the index before says. */
  readonly yank?: readonly string[];
  readonly unyank?: readonly string[];
  /** Earlier indexes from which to tell what changed. */
  readonly changes?: number;
}

/**
 * The index of what lies in a directory by now, over the one before, for whoever holds the lock of the directory. Of
 * `input` it takes the index options and `expires`.
 */
export async function remakeIndex(
  session: Session,
  input: Input,
  place: ReleasesPlace,
  options: RemadeIndex,
): Promise<MadeIndex> {
  const { files, root } = place;
  const found = await scanReleases(files, root);
  if (found.length === 0) throw new ThemisError('NOT_FOUND', `${root} holds no release.`);
  await syncStore(place.store, found);
  const present = await presentIndexIn(place);
  const isSigned = present !== null && present.signature !== null;
  const signer = await indexSignerOf(session, input, isSigned ? 'The present index is signed.' : null);
  if (present !== null) await checkPresent(session, input, place, present, signer);
  const last = await lastMarkOf(session, place, present);
  const result = await makeIndex(found, signer, {
    nowMs: session.clock.nowMs(),
    counter: nextCounter(options, last.counter),
    freshForMs: input.duration('expires')!,
    yanked: yankedAfter(last.yanked, found, options.yank ?? [], options.unyank ?? []),
    crls: await scanLists(files, root),
    deltas: await deltasIn(session, input, place),
  });
  if (result.made !== null) await publishIndex(place, result.made.publication, options.changes);
  return result;
}

/** Looked at as far as can be without reading their patches: nodes are sent to what is listed. */
async function deltasIn(session: Session, input: Input, { files, root }: ReleasesPlace): Promise<FoundDelta[]> {
  const trust = input.text('anchors') === undefined ? null : await trustOf(session, input, files);
  return await inspectDeltas(files, root, await scanDeltas(files, root), trust, session.clock.nowMs());
}

function nextCounter({ counter = 0, lowerCounter }: RemadeIndex, last: number): number {
  if (counter === 0) return last + 1;
  if (counter > last || lowerCounter === true) return counter;
  throw new ThemisError(
    'POLICY_REFUSED',
    `The counter of the last index is ${last}; nodes that saw it refuse ${counter}.`,
    {
      hint: 'Name a higher one, or none; or add --lower-counter if no node saw it.',
    },
  );
}
