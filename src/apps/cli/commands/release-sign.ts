import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import { cosignIndex, signDelta, signRelease } from '../../../release/sign-release.ts';
import type { Command } from '../command.ts';
import { cosignOption, directoryOf, stampOf, timestampAnchorsOption } from '../reading/release-input.ts';
import { recordingRelease, withReleases } from '../releases/releases-place.ts';
import { requiredSignerOf, signerOptions } from '../reading/signer-input.ts';

export const releaseSignCommand: Command = {
  name: 'release sign',
  group: 'Releases',
  summary: 'sign the release.json of a directory, or the delta.json of one',
  arguments: [
    {
      name: 'DIR',
      summary: 'the directory that holds release.json, or delta.json; with --cosign also one with an index',
      required: true,
    },
  ],
  options: [
    ...signerOptions,
    cosignOption,
    { name: '--timestamp', value: 'URL', summary: 'ask this RFC 3161 authority to say when it was signed' },
    timestampAnchorsOption,
  ],
  examples: [
    {
      line: 'themis release sign releases/themisdb-1.5.0 --key keys/signer.key.pem --certificate keys/signer.certificate.pem',
      summary: 'writes release.json.p7s beside it',
    },
    {
      line: 'themis release sign releases/themisdb-1.5.0 --cosign --key bob/signer.key.pem --certificate bob/signer.certificate.pem',
      summary: 'the second of two signers',
    },
    {
      line: 'themis release sign DIR --pkcs11 /usr/lib/softhsm/libsofthsm2.so --token releases --key signer-2026 --certificate signer.pem',
      summary: 'with a key in a token',
    },
    {
      line: "themis release sign DIR --signer 'kms-signer --region eu-1'",
      summary: 'with a program that holds the key',
    },
    {
      line: 'themis release sign releases/themisdb-1.5.0 --key keys/signer.key.pem --certificate keys/signer.certificate.pem --timestamp http://timestamp.example.com --anchors keys/anchors.json',
      summary: 'with a timestamp, so that it outlives the certificate',
    },
  ],
  async run(session, input) {
    const directory = directoryOf(session, input);
    const fileSystem = createNodeFileSystem();
    const signer = await requiredSignerOf(session, input);
    const nowMs = session.clock.nowMs();
    const cosign = input.flag('cosign');
    // In a release an index.json is a file of the payload.
    const has = (name: string): boolean => existsSync(join(directory, name));
    if (cosign && !has(releaseNames.manifest) && has(releaseNames.index)) {
      await withReleases(session, directory, async () => cosignIndex(fileSystem, directory, signer, nowMs));
      session.out.write(`Signed ${relative(session.directory, join(directory, releaseNames.index))} as well.\n`);
      return exitCode.done;
    }
    const url = input.text('timestamp');
    const notes: string[] = [];
    const stamp =
      url === undefined
        ? undefined
        : await stampOf(session, input, fileSystem, url, (line) => void notes.push(`${line}\n`));
    const say = (title: string, name: string): number => {
      if (session.verbosity === 'quiet') return exitCode.done;
      session.out.write(`${notes.join('')}Signed ${title}: ${relative(session.directory, join(directory, name))}\n`);
      return exitCode.done;
    };
    if (isDelta(directory)) {
      const delta = await signDelta(fileSystem, directory, signer, { nowMs, cosign, stamp });
      return say(`the delta of ${delta.package} ${delta.from} to ${delta.to}`, releaseNames.deltaSignature);
    }
    const { manifest } = await recordingRelease(session, directory, async () => ({
      manifest: await signRelease(fileSystem, directory, signer, { nowMs, cosign, stamp }),
    }));
    return say(`${manifest.package} ${manifest.version}`, releaseNames.signature);
  },
};

function isDelta(directory: string): boolean {
  return existsSync(join(directory, releaseNames.delta)) && !existsSync(join(directory, releaseNames.manifest));
}
