/**
 * Whether a release may be accepted, from its two files alone: the signature first, because nothing else about the bytes
 * is worth reading before somebody trusted vouches for them; then the manifest; then whether it is the release that was
 * meant, for this machine, and still offered.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { Architecture, Platform, ReleaseManifest } from '../../model/release.ts';
import { type Verified, verifyDetached } from '../cms/verify-detached.ts';
import type { Refusal, TrustCode } from '../refusal.ts';
import { parseManifest } from './parse-manifest.ts';
import type { TrustStore } from './trust-store.ts';

/** What the release has to be; what is absent is not asked for. */
export interface ReleaseExpectation {
  readonly product?: string;
  readonly package?: string;
  readonly version?: string;
  readonly manifestHash?: Digest;
  /** Of the machine; a release for `any` fits every one. */
  readonly platform?: Platform;
  readonly architecture?: Architecture;
  /**
   * `kept`: a restore point holds exactly this manifest hash, so that neither its offer nor its signer's certificate
   * having expired matters. `installed`: it runs there, so that nothing about who signed it matters any more: the hash
   * alone says what is put right (repair). Default `new`.
   */
  readonly acceptance?: 'new' | 'kept' | 'installed';
}

export interface ReleaseInput {
  /** Bytes of `release.json`. */
  readonly manifest: Uint8Array;
  /** Bytes of `release.json.p7s`; null where there is none. */
  readonly signature: Uint8Array | null;
  readonly trust: TrustStore;
  readonly expected: ReleaseExpectation;
  readonly nowMs: number;
}

export interface CheckedRelease {
  readonly manifest: ReleaseManifest;
  /** null: the node had it, and by now its signature says nothing. */
  readonly signature: Verified | null;
}

/** What time alone takes away from a signature that held. */
const expiries: ReadonlySet<TrustCode> = new Set<TrustCode>(['CERT_EXPIRED', 'ANCHOR_EXPIRED']);

export function checkRelease(input: ReleaseInput): (CheckedRelease & { readonly ok: true }) | Refusal {
  const { signature, trust, nowMs } = input;
  if (signature === null) return refusal('RELEASE_UNSIGNED', 'The release carries no signature.');
  const verified = verifyDetached({ content: input.manifest, signature, trust, nowMs, profile: 'codeSigning' });
  return checkSignedRelease(input, verified);
}

/** The rest of the checklist, for whoever had the signature over exactly these bytes verified elsewhere. */
export function checkSignedRelease(
  input: Pick<ReleaseInput, 'manifest' | 'expected' | 'nowMs'>,
  verified: (Verified & { readonly ok: true }) | Refusal,
): (CheckedRelease & { readonly ok: true }) | Refusal {
  const { acceptance, manifestHash } = input.expected;
  // The hash names every byte of what was verified when it was accepted; nothing else passes here.
  const had = manifestHash === undefined ? 'new' : acceptance;
  const lapsed = !verified.ok && (had === 'installed' || (had === 'kept' && expiries.has(verified.code)));
  if (!verified.ok && !lapsed) return verified;
  const parsed = parseManifest(input.manifest);
  if (!parsed.ok) return parsed;
  const { manifest } = parsed;
  return mismatch(manifest, input) ?? { ok: true, manifest, signature: verified.ok ? verified : null };
}

function mismatch(
  manifest: ReleaseManifest,
  { expected, nowMs }: Pick<ReleaseInput, 'expected' | 'nowMs'>,
): Refusal | undefined {
  if (differs(expected.product, manifest.product))
    return refusal('RELEASE_PRODUCT', `The release is of product ${manifest.product}, not ${expected.product}.`);
  if (differs(expected.package, manifest.package))
    return refusal('RELEASE_PACKAGE', `The release is of package ${manifest.package}, not ${expected.package}.`);
  if (differs(expected.version, manifest.version))
    return refusal('RELEASE_VERSION', `The release is version ${manifest.version}, not ${expected.version}.`);
  if (unfit(expected.platform, manifest.platform))
    return refusal('RELEASE_PLATFORM', `The release is for ${manifest.platform}, the machine is ${expected.platform}.`);
  if (unfit(expected.architecture, manifest.architecture)) {
    return refusal(
      'RELEASE_ARCHITECTURE',
      `The release is for ${manifest.architecture}, the machine is ${expected.architecture}.`,
    );
  }
  if (differs(expected.manifestHash, manifest.manifestHash)) {
    return refusal(
      'RELEASE_OTHER_MANIFEST',
      `The release has manifest ${manifest.manifestHash}; ${expected.manifestHash} was asked for.`,
    );
  }
  const { expiresAt } = manifest;
  if (
    expiresAt !== null &&
    (expected.acceptance ?? 'new') === 'new' &&
    nowMs > Temporal.Instant.from(expiresAt).epochMilliseconds
  ) {
    return refusal('RELEASE_EXPIRED', `The release has not been offered to new nodes since ${expiresAt}.`);
  }
  return undefined;
}

function differs(wanted: string | undefined, found: string): boolean {
  return wanted !== undefined && wanted !== found;
}

function unfit(wanted: string | undefined, found: string): boolean {
  return found !== 'any' && wanted !== 'any' && differs(wanted, found);
}

function refusal(code: TrustCode, message: string): Refusal {
  return { ok: false, code, message };
}
