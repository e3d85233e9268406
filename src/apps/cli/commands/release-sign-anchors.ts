import { dirname, relative, resolve } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { signAnchors } from '../../../release/sign-anchors.ts';
import type { Command } from '../command.ts';
import { cosignOption } from '../reading/release-input.ts';
import { withLock } from '../releases/release-lock.ts';
import { requiredSignerOf, signerOptions } from '../reading/signer-input.ts';

export const releaseSignAnchorsCommand: Command = {
  name: 'release sign-anchors',
  group: 'Releases',
  summary: 'sign, with the key of a present anchor, the document that is to take its place on nodes',
  arguments: [{ name: 'FILE', summary: 'the new anchors document', required: true }],
  options: [...signerOptions, cosignOption],
  examples: [
    {
      line: 'themis release sign-anchors anchors-2.json --key keys/ca.key.pem --certificate keys/ca.certificate.pem',
      summary: 'writes anchors-2.json.p7s; then on each node: themis node rotate-anchors',
    },
  ],
  async run(session, input) {
    const path = resolve(session.directory, input.argument('FILE')!);
    const options = { nowMs: session.clock.nowMs(), cosign: input.flag('cosign') };
    const files = createNodeFileSystem();
    const signer = await requiredSignerOf(session, input);
    const { version } = await withLock(session, files, dirname(path), async () =>
      signAnchors(files, path, signer, options),
    );
    session.out.write(`Signed anchors document version ${version}: ${relative(session.directory, path)}.p7s\n`);
    return exitCode.done;
  },
};
