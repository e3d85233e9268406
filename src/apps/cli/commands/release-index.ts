import { join, relative } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import { makeIndex, publishIndex } from '../../../release/index/publish-index.ts';
import { scanReleases } from '../../../release/scan-releases.ts';
import { scanLists } from '../../../release/index/scan-lists.ts';
import { syncStore } from '../../../release/store/sync-store.ts';
import { yankedAfter } from '../../../release/index/yank.ts';
import type { Command } from '../command.ts';
import { checkPresent, indexOptions, indexSignerOf, presentIndexIn } from '../reading/index-input.ts';
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
    { name: '--yank', value: 'PACKAGE@VERSION', summary: 'withdraw a release; it stays withdrawn', repeatable: true },
    { name: '--unyank', value: 'PACKAGE@VERSION', summary: 'offer it again', repeatable: true },
    outputOption,
  ],
  examples: [
    {
      line: 'themis release index releases --key keys/signer.key.pem --certificate keys/signer.certificate.pem',
      summary: 'signed',
    },
    { line: 'themis release index releases --yank themisdb@1.4.9', summary: 'withdraw a release' },
  ],
  async run(session, input) {
    const directory = directoryOf(session, input);
    const { made, findings } = await withReleases(session, directory, async (place) => {
      const found = await scanReleases(place.files, directory);
      if (found.length === 0) throw new ThemisError('NOT_FOUND', `${directory} holds no release.`);
      await syncStore(place.store, found);
      const present = await presentIndexIn(place);
      const signer = await indexSignerOf(session, input, null);
      if (present !== null) await checkPresent(session, input, place, present, signer);
      const result = await makeIndex(found, signer, {
        nowMs: session.clock.nowMs(),
        counter: input.integer('counter', 1) ?? (present?.index.counter ?? 0) + 1,
        freshForMs: input.duration('expires')!,
        yanked: yankedAfter(present?.index ?? null, found, input.list('yank'), input.list('unyank')),
        crls: await scanLists(place.files, directory),
      });
      if (result.made !== null) await publishIndex(place, result.made.publication);
      return result;
    });
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
