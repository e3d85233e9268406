import { ThemisError } from '../kernel/error.ts';
import type { ReleaseDelta } from '../model/delta.ts';
import type { ReleaseManifest } from '../model/release.ts';
import { releaseLimits, releaseNames } from '../model/release-format/layout.ts';
import { parseReleaseDelta } from '../model/release-format/parse-delta.ts';
import { parseReleaseIndex } from '../model/release-format/parse-index.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { Signer } from '../ports/signer.ts';
import { equalBytes } from '../trust/der/read-der.ts';
import { parseManifest } from '../trust/policy/parse-manifest.ts';
import { toTrustError } from '../trust/refusal.ts';
import { signFile, type SignOptions, type Stamp } from './sign-file.ts';
import { writeWholeFile } from './write-file.ts';

/**
 * Signs the `release.json` of a directory into `release.json.p7s`. A manifest that nodes would refuse is not signed, and
 * nothing is written unless the signature was made, and stamped where it is to be.
 */
export async function signRelease(
  fileSystem: FileSystem,
  directory: string,
  signer: Signer,
  options: SignOptions,
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
  await signFile(fileSystem, path, bytes, signer, options);
  return parsed.manifest;
}

/**
 * Signs the `delta.json` of a directory into `delta.json.p7s`. One that nodes would refuse for its form is not signed, nor
 * one with fields or algorithms that this Themis does not know.
 */
export async function signDelta(
  fileSystem: FileSystem,
  directory: string,
  signer: Signer,
  options: SignOptions,
): Promise<ReleaseDelta> {
  const path = `${directory}/${releaseNames.delta}`;
  const bytes = await fileSystem.readFile(path);
  const delta = parseReleaseDelta(bytes, 'refuse');
  await signFile(fileSystem, path, bytes, signer, options);
  return delta;
}

/** Puts timestamps on the signature that lies in a directory. Returns whether it changed. */
export async function stampRelease(fileSystem: FileSystem, directory: string, stamp: Stamp): Promise<boolean> {
  const path = `${directory}/${releaseNames.signature}`;
  const stat = await fileSystem.lstat(path);
  if (stat?.kind !== 'file' || stat.sizeBytes > releaseLimits.signatureBytes) {
    throw new ThemisError('NOT_FOUND', `${directory} holds no ${releaseNames.signature} that can be read.`, {
      hint: 'Run `themis release sign` first.',
    });
  }
  const before = await fileSystem.readFile(path);
  const after = await stamp(before);
  if (equalBytes(before, after)) return false;
  await writeWholeFile(fileSystem, directory, releaseNames.signature, after);
  return true;
}

/** One more signature on the index of a directory, as it is: nodes that ask for several signers ask for them there too. */
export async function cosignIndex(
  fileSystem: FileSystem,
  directory: string,
  signer: Signer,
  nowMs: number,
): Promise<void> {
  const path = `${directory}/${releaseNames.index}`;
  const bytes = await fileSystem.readFile(path);
  parseReleaseIndex(bytes, 'refuse');
  await signFile(fileSystem, path, bytes, signer, { nowMs, cosign: true });
}
