import { ThemisError } from '../kernel/error.ts';
import type { ReleaseManifest } from '../model/release.ts';
import { releaseNames } from '../model/release-format/layout.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { Signer } from '../ports/signer.ts';
import { parseManifest } from '../trust/policy/parse-manifest.ts';
import { toTrustError } from '../trust/refusal.ts';
import { signDetached } from './sign-detached.ts';
import { writeWholeFile } from './write-file.ts';

/**
 * Signs the `release.json` of a directory into `release.json.p7s`. A manifest that nodes would refuse is not signed, and
 * nothing is written unless the signature was made.
 */
export async function signRelease(
  fileSystem: FileSystem,
  directory: string,
  signer: Signer,
  nowMs: number,
): Promise<ReleaseManifest> {
  const path = `${directory}/${releaseNames.manifest}`;
  if ((await fileSystem.lstat(path))?.kind !== 'file') {
    throw new ThemisError('NOT_FOUND', `${directory} holds no ${releaseNames.manifest}.`, {
      hint: 'Run `themis release build` first.',
    });
  }
  const bytes = await fileSystem.readFile(path);
  const parsed = parseManifest(bytes);
  if (!parsed.ok) throw toTrustError(parsed, path);
  await writeWholeFile(fileSystem, directory, releaseNames.signature, await signDetached(bytes, signer, nowMs));
  return parsed.manifest;
}
