import { join, relative } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import { stampRelease } from '../../../release/sign-release.ts';
import type { Command } from '../command.ts';
import { directoryOf, stampOf, timestampAnchorsOption } from '../reading/release-input.ts';
import { writingRelease } from '../releases/releases-place.ts';

export const releaseTimestampCommand: Command = {
  name: 'release timestamp',
  group: 'Releases',
  summary: 'have an authority say when a release was signed, so that it outlives the certificate',
  arguments: [{ name: 'DIR', summary: 'the directory that holds release.json.p7s', required: true }],
  options: [
    { name: '--url', value: 'URL', summary: 'of the authority (RFC 3161)', required: true },
    timestampAnchorsOption,
  ],
  examples: [
    {
      line: 'themis release timestamp releases/themisdb-1.5.0 --url http://timestamp.example.com --anchors keys/anchors.json',
      summary: 'adds the timestamp to release.json.p7s',
    },
  ],
  async run(session, input) {
    const directory = directoryOf(session, input);
    const fileSystem = createNodeFileSystem();
    const notes: string[] = [];
    const stamp = await stampOf(session, input, fileSystem, input.text('url')!, (line) => void notes.push(`${line}\n`));
    const isChanged = await writingRelease(session, directory, async () => stampRelease(fileSystem, directory, stamp));
    const path = relative(session.directory, join(directory, releaseNames.signature));
    if (session.verbosity !== 'quiet')
      session.out.write(isChanged ? `${notes.join('')}Stamped ${path}\n` : `${path} has its timestamp already.\n`);
    return exitCode.done;
  },
};
