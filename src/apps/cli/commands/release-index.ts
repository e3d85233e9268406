import { join, relative } from 'node:path';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import { defaultChanges } from '../../../release/index/publish-index.ts';
import type { Command } from '../command.ts';
import { indexOptions } from '../releases/index-input.ts';
import { directoryOf, reportFindings } from '../reading/release-input.ts';
import { withReleases } from '../releases/releases-place.ts';
import { remakeIndex } from '../releases/remake-index.ts';
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
    {
      name: '--changes',
      value: 'N',
      summary: 'earlier indexes for which index/ tells what changed since, so that whoever has one reads only that',
      default: String(defaultChanges),
    },
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
    const { made, findings } = await withReleases(session, directory, async (place) =>
      remakeIndex(session, input, place, {
        counter: input.integer('counter', 1),
        lowerCounter: input.flag('lower-counter'),
        yank: input.list('yank'),
        unyank: input.list('unyank'),
        changes: input.integer('changes', 0)!,
      }),
    );
    reportFindings(session, findings);
    if (made === null) return exitCode.refused;
    const { index, publication } = made;
    if (input.text('output') === 'json') {
      session.out.write(new TextDecoder().decode(publication.index));
    } else {
      const path = relative(session.directory, join(directory, releaseNames.index));
      const count = [
        counted(index.entries.length, 'release'),
        ...(index.deltas.length === 0 ? [] : [counted(index.deltas.length, 'delta')]),
      ].join(' and ');
      const unsigned = publication.signature === null ? ' (unsigned)' : '';
      session.out.write(`Indexed ${count}, fresh until ${index.expiresAt}: ${path}${unsigned}\n`);
    }
    return exitCode.done;
  },
};

function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
