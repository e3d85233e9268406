import { join, relative } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import { type MadeIndex, makeIndex, publishIndex } from '../../../release/index/publish-index.ts';
import { scanReleases } from '../../../release/scan-releases.ts';
import { scanLists } from '../../../release/index/scan-lists.ts';
import { syncStore } from '../../../release/store/sync-store.ts';
import type { ReleasesPlace } from '../../../release/store/releases-place.ts';
import { yankedAfter } from '../../../release/index/yank.ts';
import type { Command, Input, Session } from '../command.ts';
import { checkPresent, indexOptions, indexSignerOf, lastMarkOf, presentIndexIn } from '../reading/index-input.ts';
import { directoryOf, reportFindings } from '../reading/release-input.ts';
import { withReleases } from '../reading/releases-place.ts';
import { outputOption } from '../output-option.ts';

export const releaseIndexCommand: Command = {
  name: 'release index',
  group: 'Releases',
  summary: 'write the index of a directory of releases',
  arguments: [{ name: 'DIR', summary: 'the directory of releases (default: here)' }],
  options: [
    ...indexOptions,
    { name: '--expires', value: 'DURATION', summary: 'how long the index may be believed', default: '30d' },
    {
      name: '--counter',
      value: 'N',
      summary: 'of this index; nodes refuse one lower than they have seen (default: one more than the last)',
    },
    {
      name: '--lower-counter',
      summary: 'take --counter even if it is not higher than the last; nodes that saw that one refuse this index',
      variable: false,
    },
    { name: '--yank', value: 'PACKAGE@VERSION', summary: 'withdraw a release; it stays withdrawn', repeatable: true },
    { name: '--unyank', value: 'PACKAGE@VERSION', summary: 'offer it again', repeatable: true },
    outputOption,
  ],
  examples: [
    {
      line: 'themis release index releases --key keys/signer.key.pem --certificate keys/signer.certificate.pem',
      summary: 'signed',
    },
    {
      line: 'themis release index releases --yank themisdb@1.4.9 --key keys/signer.key.pem --certificate keys/signer.certificate.pem',
      summary: 'withdraw a release',
    },
  ],
  async run(session, input) {
    const directory = directoryOf(session, input);
    const { made, findings } = await withReleases(session, directory, async (place) => renew(session, input, place));
    reportFindings(session, findings);
    if (made === null) return exitCode.refused;
    const { index, publication } = made;
    if (input.text('output') === 'json') {
      session.out.write(new TextDecoder().decode(publication.index));
    } else {
      const path = relative(session.directory, join(directory, releaseNames.index));
      session.out.write(
        `Indexed ${index.entries.length} ${index.entries.length === 1 ? 'release' : 'releases'}, fresh until ${index.expiresAt}: ${path}${publication.signature === null ? ' (unsigned)' : ''}\n`,
      );
    }
    return exitCode.done;
  },
};

async function renew(session: Session, input: Input, place: ReleasesPlace): Promise<MadeIndex> {
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
    counter: nextCounterOf(input, last.counter),
    freshForMs: input.duration('expires')!,
    yanked: yankedAfter(last.yanked, found, input.list('yank'), input.list('unyank')),
    crls: await scanLists(files, root),
  });
  if (result.made !== null) await publishIndex(place, result.made.publication);
  return result;
}

function nextCounterOf(input: Input, last: number): number {
  const counter = input.integer('counter', 1) ?? last + 1;
  if (counter > last || input.flag('lower-counter')) return counter;
  throw new ThemisError(
    'POLICY_REFUSED',
    `The counter of the last index is ${last}; nodes that saw it refuse ${counter}.`,
    {
      hint: 'Name a higher one, or none; or add --lower-counter if no node saw it.',
    },
  );
}
