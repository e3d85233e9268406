import { join, relative } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { openDirectorySource } from '../../../adapters/release-source/directory.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import type { Finding } from '../../../kernel/finding.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import { assembleIndex, encodeIndex } from '../../../release/assemble-index.ts';
import { scanReleases } from '../../../release/scan-releases.ts';
import { signDetached } from '../../../release/sign-detached.ts';
import { writeWholeFile } from '../../../release/write-file.ts';
import { yankedAfter } from '../../../release/yank.ts';
import type { Command, Session } from '../command.ts';
import { directoryOf } from '../reading/release-input.ts';
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
    const fileSystem = createNodeFileSystem();
    const source = openDirectorySource(directory);
    const signer = await signerOf(session, input);
    const nowMs = session.clock.nowMs();
    const found = await scanReleases(fileSystem, directory);
    if (found.length === 0) throw new ThemisError('NOT_FOUND', `${directory} holds no release.`);
    const yanked = await yankedAfter(source, found, input.list('yank'), input.list('unyank'));
    const { index, findings } = assembleIndex(found, { nowMs, freshForMs: input.duration('expires')!, yanked });
    reportFindings(session, findings);
    if (index === null) return exitCode.refused;
    const bytes = encodeIndex(index);
    const signature = signer === undefined ? null : await signDetached(bytes, signer, nowMs);
    // The old signature goes first: between the two writes the index is unsigned, never wrongly signed.
    await fileSystem.removeFile(join(directory, releaseNames.indexSignature));
    await writeWholeFile(fileSystem, directory, releaseNames.index, bytes);
    if (signature !== null) await writeWholeFile(fileSystem, directory, releaseNames.indexSignature, signature);
    if (input.text('output') === 'json') {
      session.out.write(new TextDecoder().decode(bytes));
    } else {
      const path = relative(session.directory, join(directory, releaseNames.index));
      session.out.write(
        `Indexed ${index.entries.length} ${index.entries.length === 1 ? 'release' : 'releases'}, fresh until ${index.expiresAt}: ${path}${signature === null ? ' (unsigned)' : ''}\n`,
      );
    }
    return exitCode.done;
  },
};

function reportFindings(session: Session, findings: readonly Finding[]): void {
  for (const { severity, code, summary, fix } of findings) {
    session.err.write(`${severity} ${code}: ${summary}${fix === undefined ? '' : ` ${fix}`}\n`);
  }
}
