/**
 * Verification of a detached signature: a checklist over RFC 5652 and RFC 5280 in which every item has its own code.
 * It believes the anchors it is given and nothing else: not a certificate because it came along, not a time because a
 * signer wrote it, not an attribute that is unsigned. Only a timestamp lets a certificate count that has expired since.
 * Pure; costs one hash of the content and a few signature checks.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { TrustStore } from '../policy/trust-store.ts';
import { refuse, refusing, type Refusal } from '../refusal.ts';
import { type CheckedTimestamp, verifyTimestamp } from '../timestamp/verify-timestamp.ts';
import type { Hash } from '../x509/algorithm.ts';
import type { CandidatePath } from '../x509/build-paths.ts';
import { narrow } from '../x509/path-span.ts';
import type { InitialPolicies } from '../x509/policies/policy-graph.ts';
import type { FoundPath } from '../x509/revocation/context.ts';
import { withinBudget } from '../x509/signature-budget.ts';
import { nameOf, type Profile } from '../x509/validate-path.ts';
import { certificatesOf, checkNothingElse } from './check-nothing-else.ts';
import { type CheckedSigner, checkSigner, digestsOf } from './check-signer.ts';
import { findSignerPath } from './find-signer-path.ts';
import { readDetached } from './read-detached.ts';
import type { SignedData, SignerInfo } from './read-signed-data.ts';
import { checkIssuersNamed } from './signing-certificate.ts';
import { refuseStrippedAttributes } from './stripped-attributes.ts';

export interface VerifyInput {
  readonly content: Uint8Array;
  /** DER ContentInfo. */
  readonly signature: Uint8Array;
  readonly trust: TrustStore;
  /** The instant at which certificates have to be valid. */
  readonly nowMs: number;
  readonly profile: Profile;
  /** Initial settings of RFC 5280 6.1.1, for conformance data. Default: what the certificates ask of each other. */
  readonly policies?: InitialPolicies;
}

export interface VerifiedSigner {
  /** Distinguished name, most specific part first. */
  readonly subject: string;
  /** Hex. */
  readonly serial: string;
  /** SHA-256 of the public key: who signed, whatever certificate said so. */
  readonly keyId: Digest;
  readonly algorithm: string;
  /** Name of the anchor that its path ends at. */
  readonly anchor: string;
  /** What the signer claims; nothing is decided by it. */
  readonly claimedTimeMs: number | null;
  /** Of a token that holds, against the timestamp anchors. */
  readonly timestamp: VerifiedTimestamp | null;
}

export interface VerifiedTimestamp {
  readonly genTimeMs: number;
  /** Distinguished name, most specific part first. */
  readonly authority: string;
}

export interface ChainLink {
  readonly subject: string;
  readonly fingerprint: Digest;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface Verified {
  readonly signer: VerifiedSigner;
  /** Signer's certificate first, the anchor's last. */
  readonly chain: readonly ChainLink[];
  /** Name of the anchor in the anchors file. */
  readonly anchor: string;
  /** The other signers, where the threshold asks for several. */
  readonly cosigners: readonly VerifiedSigner[];
  /** Of `signer`. */
  readonly timestamp: VerifiedTimestamp | null;
  /** The same input verifies at any instant from here ... */
  readonly validFromMs: number;
  /** ... to here, both included: what a cache may go by. */
  readonly validUntilMs: number;
}

export function verifyDetached(input: VerifyInput): (Verified & { readonly ok: true }) | Refusal {
  return withinBudget(() => verifyWithin(input));
}

function verifyWithin(input: VerifyInput): ReturnType<typeof verifyDetached> {
  return refusing(() => {
    refuseStrippedAttributes(input.content);
    const data = readDetached(input.signature, input.profile === 'rfc5280');
    checkSignerCount(data, input.trust.anchors.threshold);
    const digestOf = digestsOf(input.content);
    const results = data.signers.map((info) => verifySigner(info, data, digestOf, input));
    checkDistinctSigners(results);
    if (input.profile === 'codeSigning')
      checkNothingElse(
        data,
        results.flatMap(({ path }) => certificatesOf(path)),
      );
    const [first, ...others] = results;
    return {
      signer: first!.signer,
      chain: chainOf(first!.path),
      anchor: first!.path.anchor.name,
      cosigners: others.map((result) => result.signer),
      timestamp: first!.signer.timestamp,
      ...narrow(...results.map(({ path }) => path)),
    };
  });
}

interface SignerResult {
  readonly signer: VerifiedSigner;
  readonly path: FoundPath;
}

function verifySigner(
  info: SignerInfo,
  data: SignedData,
  digestOf: (hash: Hash) => Uint8Array,
  input: VerifyInput,
): SignerResult {
  const checked = checkSigner(info, data, digestOf);
  const timestamp =
    info.timestamp === null ? null : verifyTimestamp(info.timestamp, info.signature, input.trust, input.nowMs);
  const path = findSignerPath(checked.certificate, data, timestamp, input);
  for (const ids of checked.named) checkIssuersNamed(ids, path);
  return { signer: describe(checked, info, timestamp, path.anchor.name), path };
}

function checkSignerCount(data: SignedData, threshold: number): void {
  const count = data.signers.length;
  if (count < threshold)
    refuse('CMS_SIGNER_TOO_FEW', `The signature has ${count} of ${threshold} signers that the anchors file asks for.`);
  if (threshold === 1 && count > 1)
    refuse('CMS_SIGNER_LIMIT', `The signature has ${count} signers; the anchors file asks for exactly one.`);
}

/** m of n counts people, not signatures: keys have to differ. */
function checkDistinctSigners(results: readonly SignerResult[]): void {
  if (new Set(results.map(({ signer }) => signer.keyId)).size !== results.length) {
    refuse('CMS_SIGNER_REPEATED', 'One key signed more than once.');
  }
}

const keyNames = { rsa: 'RSA-', ec: 'ECDSA P-' } as const;

function describe(
  { certificate, claimedTimeMs }: CheckedSigner,
  info: SignerInfo,
  timestamp: CheckedTimestamp | null,
  anchor: string,
): VerifiedSigner {
  const { kind, bits, id } = certificate.key;
  const key = kind === 'ed25519' ? 'Ed25519' : `${keyNames[kind]}${bits}`;
  const scheme = info.algorithm.scheme === 'rsa-pss' ? ' PSS' : '';
  return {
    subject: nameOf(certificate),
    serial: certificate.serial,
    keyId: id,
    algorithm: `${key}${scheme} with ${info.digest.toUpperCase().replace('SHA', 'SHA-')}`,
    anchor,
    claimedTimeMs,
    timestamp:
      timestamp?.path == null ? null : { genTimeMs: timestamp.info.genTimeMs, authority: nameOf(timestamp.authority) },
  };
}

function chainOf(path: CandidatePath): readonly ChainLink[] {
  return [...path.certificates, path.anchor.certificate].map((certificate) => ({
    subject: nameOf(certificate),
    fingerprint: certificate.fingerprint,
    notBeforeMs: certificate.notBeforeMs,
    notAfterMs: certificate.notAfterMs,
  }));
}
