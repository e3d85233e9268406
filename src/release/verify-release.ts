/**
 * A release as it lies in a source, checked before anything of it is written anywhere: manifest and signature within
 * bounds, the checklist of `trust/`, then the listing (no link, nothing unlisted, nothing missing). Payload bytes are hashed
 * by `verifyPayload`, or by whoever copies them. Refusals are returned; only a source that fails throws.
 */
import type { Digest } from '../kernel/digest.ts';
import { ThemisError } from '../kernel/error.ts';
import type { ReleaseFile, ReleaseManifest } from '../model/release.ts';
import {
  isReservedReleasePath,
  joinReleasePath,
  releaseDirectoryOf,
  releaseLimits,
  releaseNames,
} from '../model/release-format/layout.ts';
import type { ListedFile, ReleaseSource } from '../ports/release-source.ts';
import { type Verified, verifyDetached } from '../trust/cms/verify-detached.ts';
import { checkSignedRelease, type ReleaseExpectation } from '../trust/policy/check-release.ts';
import type { TrustStore } from '../trust/policy/trust-store.ts';
import type { Refusal, TrustCode } from '../trust/refusal.ts';
import { hashSourceFile } from './hash-source-file.ts';
import { readIfThere } from './read-if-there.ts';
import type { Verify } from './store/verify-cached.ts';

export interface VerifiedRelease {
  readonly ok: true;
  readonly manifest: ReleaseManifest;
  /** null only where the node had it (`acceptance`): what was signed then does not hold today. */
  readonly signature: Verified | null;
  /** Exactly what was verified: what a node keeps. */
  readonly manifestBytes: Uint8Array;
  readonly signatureBytes: Uint8Array;
  /** Of the payload, relative to the source; '' for the source itself. */
  readonly directory: string;
}

/** `path`: of the release's directory or of its `release.json`, relative to the source. */
export async function verifyRelease(
  source: ReleaseSource,
  path: string,
  trust: TrustStore,
  expected: ReleaseExpectation,
  nowMs: number,
  verify: Verify = verifyDetached,
): Promise<VerifiedRelease | Refusal> {
  const release = await readRelease(source, path, trust, expected, nowMs, verify);
  if (!release.ok) return release;
  const listing = await source.listFiles(release.directory);
  const [misplaced] = listing === null ? [] : checkListing(listing, release.manifest);
  return misplaced ?? release;
}

/** The manifest and its signature alone, without a look at what lies beside them. */
export async function readRelease(
  source: ReleaseSource,
  path: string,
  trust: TrustStore,
  expected: ReleaseExpectation,
  nowMs: number,
  verify: Verify = verifyDetached,
): Promise<VerifiedRelease | Refusal> {
  const directory = releaseDirectoryOf(path);
  const manifest = await readSmall(
    source,
    joinReleasePath(directory, releaseNames.manifest),
    releaseLimits.manifestBytes,
  );
  if (manifest === null) return refusal('MANIFEST_MISSING', `There is no ${releaseNames.manifest}.`);
  const signature = await readSmall(
    source,
    joinReleasePath(directory, releaseNames.signature),
    releaseLimits.signatureBytes,
  );
  if (isRefusal(manifest)) return manifest;
  if (isRefusal(signature)) return signature;
  if (signature === null) return refusal('RELEASE_UNSIGNED', 'The release carries no signature.');
  const verified = await verify({ content: manifest, signature, trust, nowMs, profile: 'codeSigning' });
  const checked = checkSignedRelease({ manifest, expected, nowMs }, verified);
  if (!checked.ok) return checked;
  return { ...checked, manifestBytes: manifest, signatureBytes: signature, directory };
}

/** Everything in a listing that the manifest does not cover, gravest first. Empty for a clean one. */
export function checkListing(listing: readonly ListedFile[], manifest: ReleaseManifest): Refusal[] {
  const listed = new Set(manifest.files.map(({ path }) => path));
  const present = new Set<string>();
  const links: Refusal[] = [];
  const others: Refusal[] = [];
  for (const { path, kind } of listing) {
    if (kind === 'symlink') links.push(refusal('RELEASE_SYMLINK', `${path} is a symbolic link.`));
    else if (kind === 'other')
      others.push(refusal('RELEASE_SPECIAL_FILE', `${path} is neither a file nor a directory.`));
    else if (listed.has(path)) present.add(path);
    else if (!isReservedReleasePath(path))
      others.push(refusal('RELEASE_FILE_UNLISTED', `${path} is not listed in the manifest.`));
  }
  const linked = new Set(listing.filter(({ kind }) => kind !== 'file').map(({ path }) => path));
  const missing = manifest.files
    .filter(({ path }) => !present.has(path) && !linked.has(path))
    .map(({ path }) => refusal('RELEASE_FILE_MISSING', `${path} is listed in the manifest but missing.`));
  return [...links, ...others, ...missing];
}

/** Hashes every file of the payload; yields after each, with the refusal if there is one. */
export async function* verifyPayload(
  source: ReleaseSource,
  release: Pick<VerifiedRelease, 'directory' | 'manifest'>,
): AsyncGenerator<{ readonly file: ReleaseFile; readonly refusal: Refusal | null }> {
  for (const file of release.manifest.files) {
    yield { file, refusal: await verifyFile(source, joinReleasePath(release.directory, file.path), file) };
  }
}

async function verifyFile(source: ReleaseSource, path: string, file: ReleaseFile): Promise<Refusal | null> {
  const found = await hashSourceFile(source, path, file.sizeBytes);
  if (found.kind === 'missing')
    return refusal('RELEASE_FILE_MISSING', `${file.path} is listed in the manifest but missing.`);
  if (found.kind === 'link')
    return refusal('RELEASE_SYMLINK', `${file.path} is a symbolic link, or reached through one.`);
  const { sizeBytes, digest } = found;
  if (sizeBytes !== file.sizeBytes) {
    const shown = sizeBytes > file.sizeBytes ? 'more' : String(sizeBytes);
    return refusal('RELEASE_FILE_SIZE', `${file.path} has ${shown} bytes; the manifest says ${file.sizeBytes}.`);
  }
  const expected: Digest = `sha256:${file.sha256}`;
  return digest === expected
    ? null
    : refusal('RELEASE_FILE_HASH', `${file.path} is not the file that was released: its hash differs.`);
}

async function readSmall(
  source: ReleaseSource,
  path: string,
  limitBytes: number,
): Promise<Uint8Array | Refusal | null> {
  try {
    return await readIfThere(source, path, limitBytes);
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'SYMLINK_REFUSED')
      return refusal('RELEASE_SYMLINK', error.message);
    throw error;
  }
}

function isRefusal(found: Uint8Array | Refusal | null): found is Refusal {
  return found !== null && 'code' in found;
}

function refusal(code: TrustCode, message: string): Refusal {
  return { ok: false, code, message };
}
