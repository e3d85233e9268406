import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { issueKeys, type KeyAlgorithm, keyAlgorithms } from '../../../adapters/signer/issue-keys.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { writeWholeFile } from '../../../release/write-file.ts';
import type { Command } from '../command.ts';
import { directoryOf } from '../reading/release-input.ts';

export const releaseKeygenCommand: Command = {
  name: 'release keygen',
  group: 'Releases',
  summary: 'issue an authority, a code-signing certificate and the anchors file of nodes',
  arguments: [{ name: 'DIR', summary: 'where (default: keys)' }],
  options: [
    { name: '--name', value: 'NAME', summary: 'name of the authority', default: 'Themis developer CA' },
    { name: '--algorithm', value: 'ALGORITHM', summary: 'of both keys', choices: keyAlgorithms, default: 'ecdsa-p256' },
    { name: '--valid', value: 'DURATION', summary: 'how long the signing certificate holds', default: '365d' },
    { name: '--ca-valid', value: 'DURATION', summary: 'how long the authority holds', default: '3650d' },
  ],
  examples: [
    { line: 'themis release keygen', summary: 'into ./keys' },
    { line: 'themis release keygen keys --name "ACME releases" --algorithm rsa-3072', summary: 'with RSA' },
  ],
  async run(session, input) {
    const directory = directoryOf(session, input, 'keys');
    const fileSystem = createNodeFileSystem();
    const names = {
      'ca.key.pem': 'caKey',
      'ca.certificate.pem': 'caCertificate',
      'signer.key.pem': 'signerKey',
      'signer.certificate.pem': 'signerCertificate',
      'anchors.json': 'anchors',
    } as const;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of Object.keys(names)) {
      if ((await fileSystem.lstat(join(directory, name))) === null) continue;
      throw new ThemisError('POLICY_REFUSED', `${join(directory, name)} exists; keys are never overwritten.`, {
        hint: 'Name another directory, or move the old keys away.',
      });
    }
    const issued = await issueKeys({
      name: input.text('name')!,
      algorithm: input.text('algorithm') as KeyAlgorithm,
      nowMs: session.clock.nowMs(),
      signerValidMs: input.duration('valid')!,
      caValidMs: input.duration('ca-valid')!,
    });
    for (const [file, member] of Object.entries(names)) {
      const isKey = file.endsWith('.key.pem');
      await writeWholeFile(fileSystem, directory, file, Buffer.from(issued[member]), isKey ? 0o600 : 0o644);
    }
    if (session.verbosity !== 'quiet') session.out.write(summary(relative(session.directory, directory) || '.'));
    return exitCode.done;
  },
};

function summary(directory: string): string {
  return [
    `created  ${directory}/ca.key.pem              key of the authority; keep it offline`,
    `created  ${directory}/ca.certificate.pem`,
    `created  ${directory}/signer.key.pem          signs releases; keep it secret`,
    `created  ${directory}/signer.certificate.pem`,
    `created  ${directory}/anchors.json            for \`themis node init --anchors\`: whom nodes believe`,
    '',
    `Next: themis release sign DIR --key ${directory}/signer.key.pem --certificate ${directory}/signer.certificate.pem`,
    '',
  ].join('\n');
}
