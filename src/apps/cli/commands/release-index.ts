import { join, relative } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import { defaultChanges } from '../../../release/index/publish-index.ts';
import type { Command } from '../command.ts';
import { directoryOf, reportFindings } from '../reading/release-input.ts';
import { withReleases } from '../reading/releases-place.ts';
import { signerOf, signerOptions } from '../reading/signer-input.ts';
import { remakeIndex } from '../releases/remake-index.ts';
import { outputOption } from '../output-option.ts';

export const releaseIndexCommand: Command = {
  name: 'release index',
  group: 'Releases',
  summary: 'write the index of a directory of releases',
  arguments: [{ name: 'DIR', summary: 'the directory of releases (default: here)' }],
  options: [
    ...signerOptions,
    { name: '--expires', value: 'DURATION', summary: 'how long the index may be believed', default: '30d' },
    {
      name: '--counter',
      value: 'N',
      summary: 'of this index; nodes refuse one lower than they have seen (default: one more than the last)',
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
    { line: 'themis release index releases --yank themisdb@1.4.9', summary: 'withdraw a release' },
  ],
  async run(session, input) {
    const directory = directoryOf(session, input);
    const signer = await signerOf(session, input);
    const published = await withReleases(session, directory, true, async (place) => {
      return remakeIndex(createNodeFileSystem(), place?.store ?? null, directory, signer, {
        nowMs: session.clock.nowMs(),
        freshForMs: input.duration('expires')!,
        counter: input.integer('counter', 1),
        yank: input.list('yank'),
        unyank: input.list('unyank'),
        changes: input.integer('changes', 0)!,
      });
    });
    const { index, bytes } = published;
    reportFindings(session, published.findings);
    if (index === null) return exitCode.refused;
    if (input.text('output') === 'json') {
      session.out.write(new TextDecoder().decode(bytes));
    } else {
      const path = relative(session.directory, join(directory, releaseNames.index));
      const count = [
        counted(index.entries.length, 'release'),
        ...(index.deltas.length === 0 ? [] : [counted(index.deltas.length, 'delta')]),
      ].join(' and ');
      const unsigned = signer === undefined ? ' (unsigned)' : '';
      session.out.write(`Indexed ${count}, fresh until ${index.expiresAt}: ${path}${unsigned}\n`);
    }
    return exitCode.done;
  },
};

function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
