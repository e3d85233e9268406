/**
 * Whether a delta may be used on the way from one release to another: exactly the one that the index lists, signed by
 * somebody trusted, well formed, between exactly these releases, and saying of every file what their manifests say. A
 * delta never makes a release acceptable; what comes out of its patches is held against the manifest of the target all
 * the same. A refused one is not used, and the files are fetched whole.
 */
import { type Digest, digestBytes, hexOf } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { ReleaseDelta } from '../../model/delta.ts';
import { parseReleaseDelta } from '../../model/release-format/parse-delta.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import { type Verified, verifyDetached } from '../cms/verify-detached.ts';
import type { Refusal, TrustCode } from '../refusal.ts';
import type { TrustStore } from './trust-store.ts';

export interface DeltaExpectation {
  /** As the index says; absent where there is no index to ask. */
  readonly sha256?: string;
  readonly from: DeltaBase;
  readonly to: DeltaTarget;
}

/** What is at hand of the release that a delta starts from; `files` (hash by path) where it is known. */
export interface DeltaBase {
  readonly version: string;
  readonly manifestHash: Digest;
  readonly files?: ReadonlyMap<string, string>;
}

/** Its manifest, which is believed; or, of a release on the way, what the index says of it. */
export type DeltaTarget = Pick<
  ReleaseManifest,
  'product' | 'package' | 'version' | 'platform' | 'architecture' | 'manifestHash'
> &
  Partial<Pick<ReleaseManifest, 'files'>>;

export interface CheckedDelta {
  readonly ok: true;
  readonly delta: ReleaseDelta;
  readonly signature: Verified;
}

export function checkDelta(input: {
  /** Bytes of `delta.json`. */
  readonly delta: Uint8Array;
  /** Bytes of `delta.json.p7s`; null where there is none. */
  readonly signature: Uint8Array | null;
  readonly trust: TrustStore;
  readonly expected: DeltaExpectation;
  readonly nowMs: number;
}): CheckedDelta | Refusal {
  const { delta: content, signature, trust, expected, nowMs } = input;
  const unfit = checkDeltaBytes(content, signature, expected);
  if (unfit !== undefined) return unfit;
  const verified = verifyDetached({ content, signature: signature!, trust, nowMs, profile: 'codeSigning' });
  return checkSignedDelta(content, expected, verified);
}

/** What comes before its signature is looked at. */
export function checkDeltaBytes(
  content: Uint8Array,
  signature: Uint8Array | null,
  { sha256 }: Pick<DeltaExpectation, 'sha256'>,
): Refusal | undefined {
  if (sha256 !== undefined && hexOf(digestBytes(content)) !== sha256)
    return refusal('DELTA_UNLISTED', 'The delta is not the one that the index lists.');
  return signature === null ? refusal('DELTA_UNSIGNED', 'The delta carries no signature.') : undefined;
}

/** The rest, for whoever had the signature over exactly these bytes verified elsewhere. */
export function checkSignedDelta(
  content: Uint8Array,
  { from, to }: DeltaExpectation,
  verified: (Verified & { readonly ok: true }) | Refusal,
): CheckedDelta | Refusal {
  if (!verified.ok) return verified;
  let delta: ReleaseDelta;
  try {
    delta = parseReleaseDelta(content);
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    return refusal('DELTA_INVALID', error.message);
  }
  return checkReleases(delta, from, to) ?? checkFiles(delta, from, to) ?? { ok: true, delta, signature: verified };
}

function checkReleases(delta: ReleaseDelta, from: DeltaBase, to: DeltaTarget): Refusal | undefined {
  const fields = [
    ['DELTA_PRODUCT', 'product', delta.product, to.product],
    ['DELTA_PACKAGE', 'package', delta.package, to.package],
    ['DELTA_PLATFORM', 'platform', delta.platform, to.platform],
    ['DELTA_ARCHITECTURE', 'architecture', delta.architecture, to.architecture],
    ['DELTA_FROM', 'start', `${delta.from} (${delta.fromManifestHash})`, `${from.version} (${from.manifestHash})`],
    ['DELTA_TO', 'end', `${delta.to} (${delta.toManifestHash})`, `${to.version} (${to.manifestHash})`],
  ] as const;
  const wrong = fields.find(([, , found, wanted]) => found !== wanted);
  if (wrong === undefined) return undefined;
  const [code, what, found, wanted] = wrong;
  return refusal(code, `The delta has the ${what} ${found}, not ${wanted}.`);
}

function checkFiles(delta: ReleaseDelta, from: DeltaBase, to: DeltaTarget): Refusal | undefined {
  const targets = to.files === undefined ? undefined : new Map(to.files.map((file) => [file.path, file]));
  for (const { path, basePath = path, baseHash, targetHash, targetSize } of delta.files) {
    const target = targets?.get(path);
    if (targets !== undefined && (target?.sha256 !== targetHash || target.sizeBytes !== targetSize))
      return refusal('DELTA_TARGET', `The delta makes another ${path} than ${to.version} lists.`);
    if (from.files !== undefined && from.files.get(basePath) !== baseHash)
      return refusal('DELTA_BASE', `The delta takes another ${basePath} than ${from.version} lists.`);
  }
  return undefined;
}

function refusal(code: TrustCode, message: string): Refusal {
  return { ok: false, code, message };
}
