import { join, relative } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import { signRelease } from '../../../release/sign-release.ts';
import type { Command } from '../command.ts';
import { directoryOf, requiredSignerOptions, signerOf } from '../reading/release-input.ts';

export const releaseSignCommand: Command = {
  name: 'release sign',
  group: 'Releases',
  summary: 'sign the release.json of a directory',
  arguments: [{ name: 'DIR', summary: 'the directory that holds release.json', required: true }],
  options: requiredSignerOptions,
  examples: [
    {
      line: 'themis release sign releases/themisdb-1.5.0 --key keys/signer.key.pem --certificate keys/signer.certificate.pem',
      summary: 'writes release.json.p7s beside it',
    },
  ],
  async run(session, input) {
    const directory = directoryOf(session, input);
    const manifest = await signRelease(
      createNodeFileSystem(),
      directory,
      signerOf(session, input)!,
      session.clock.nowMs(),
    );
    if (session.verbosity !== 'quiet') {
      const path = relative(session.directory, join(directory, releaseNames.signature));
      session.out.write(`Signed ${manifest.package} ${manifest.version}: ${path}\n`);
    }
    return exitCode.done;
  },
};
