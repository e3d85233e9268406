import { join, relative } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { openDirectorySource } from '../../../adapters/release-source/directory.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import { scanDeltas } from '../../../release/delta/scan-deltas.ts';
import { defaultChanges, publishIndex } from '../../../release/index/publish-index.ts';
import { scanReleases } from '../../../release/scan-releases.ts';
import { scanLists } from '../../../release/index/scan-lists.ts';
import { syncStore } from '../../../release/store/sync-store.ts';
import { presentIndex, yankedAfter } from '../../../release/index/yank.ts';
import type { Command } from '../command.ts';
import { directoryOf, reportFindings } from '../reading/release-input.ts';
import { withReleases } from '../reading/releases-place.ts';
import { signerOf, signerOptions } from '../reading/signer-input.ts';
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
      const fileSystem = createNodeFileSystem();
      const found = await scanReleases(fileSystem, directory);
      if (found.length === 0) throw new ThemisError('NOT_FOUND', `${directory} holds no release.`);
      if (place !== null) await syncStore(place.store, found);
      const present = await presentIndex(openDirectorySource(directory));
      return publishIndex(fileSystem, directory, found, signer, {
        nowMs: session.clock.nowMs(),
        counter: input.integer('counter', 1) ?? (present?.counter ?? 0) + 1,
        freshForMs: input.duration('expires')!,
        yanked: yankedAfter(present, found, input.list('yank'), input.list('unyank')),
        crls: await scanLists(fileSystem, directory),
        deltas: await scanDeltas(fileSystem, directory),
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
