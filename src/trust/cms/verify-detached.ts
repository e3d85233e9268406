/**
 * Verification of a detached signature: a checklist over RFC 5652 and RFC 5280 in which every item has its own code.
 * It believes the anchors it is given and nothing else: not a certificate because it came along, not a time because a
 * signer wrote it, not an attribute that is unsigned. Pure; costs one hash of the content and a few signature checks.
 */
import { createHash } from 'node:crypto';
import type { Digest } from '../../kernel/digest.ts';
import type { TrustStore } from '../policy/trust-store.ts';
import { refuse, refusing, type Refusal } from '../refusal.ts';
import { equalBytes } from '../der/read-der.ts';
import { readOctets, readOid, readTime } from '../der/values.ts';
import type { Hash } from '../x509/algorithm.ts';
import type { CandidatePath } from '../x509/build-paths.ts';
import type { Certificate } from '../x509/certificate.ts';
import { readCertificateList } from '../x509/certificate-list.ts';
import { findPath } from '../x509/find-path.ts';
import type { InitialPolicies } from '../x509/policies/policy-graph.ts';
import { isSignedBy } from '../x509/public-key.ts';
import type { FoundPath } from '../x509/revocation/context.ts';
import { nameOf, type Profile } from '../x509/validate-path.ts';
import { contentTypes, readSignedData, type SignedData, type SignerInfo } from './read-signed-data.ts';

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
  /** What the signer claims; nothing is decided by it. */
  readonly claimedTimeMs: number | null;
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
  /** The span of time, both ends included, in which the same answer would be given: what a cache may use. */
  readonly validFromMs: number;
  readonly validUntilMs: number;
}

const attributeTypes = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
} as const;

export function verifyDetached(input: VerifyInput): (Verified & { readonly ok: true }) | Refusal {
  return refusing(() => {
    const data = readSignedData(input.signature, input.profile === 'rfc5280');
    checkContentType(data);
    checkSignerCount(data, input.trust.anchors.threshold);
    const digestOf = contentDigests(input.content);
    const results = data.signers.map((info) => verifySigner(info, data, digestOf, input));
    checkDistinctSigners(results);
    if (input.profile === 'codeSigning') checkNothingElse(data, results);
    const [first, ...others] = results;
    return {
      signer: first!.signer,
      chain: chainOf(first!.path),
      anchor: first!.path.anchor.name,
      cosigners: others.map((result) => result.signer),
      ...validityOf(results),
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
  const certificate = findSigner(info, data.certificates);
  checkAlgorithms(info, data);
  const claimedTimeMs = checkAttributes(info, data.contentType, digestOf);
  if (
    info.algorithm.key !== certificate.key.kind ||
    !isSignedBy(certificate.key, info.digest, info.signedBytes, info.signature)
  ) {
    refuse(
      'CMS_SIGNATURE_INVALID',
      `The signature was not made with the key of ${nameOf(certificate)}, or what it covers was changed.`,
    );
  }
  const path = findPath({
    leaf: certificate,
    pool: data.certificates,
    anchors: input.trust.anchors.anchors,
    lists: [...input.trust.crls, ...data.lists.map((bytes) => readCertificateList(bytes))],
    revocation: input.trust.anchors.revocation,
    nowMs: input.nowMs,
    profile: input.profile,
    ...(input.policies !== undefined && { policies: input.policies }),
  });
  return { signer: describe(certificate, info, claimedTimeMs), path };
}

function checkContentType(data: SignedData): void {
  if (data.contentType !== contentTypes.data)
    refuse('CMS_CONTENT_TYPE', `The signature is over content of type ${data.contentType}; plain data is expected.`);
}

function checkSignerCount(data: SignedData, threshold: number): void {
  const count = data.signers.length;
  if (count < threshold)
    refuse('CMS_SIGNER_TOO_FEW', `The signature has ${count} of ${threshold} signers that the anchors file asks for.`);
  if (threshold === 1 && count > 1)
    refuse('CMS_SIGNER_LIMIT', `The signature has ${count} signers; the anchors file asks for exactly one.`);
}

/**
 * By certificate, unambiguously: two that fit are refused, even if one of them would verify. Nothing signs the signer's
 * name, so it is compared byte for byte: a spelling that means the same is not the one that was written.
 */
function findSigner(info: SignerInfo, certificates: readonly Certificate[]): Certificate {
  const { id } = info;
  const [found, another] = certificates.filter((certificate) =>
    id.kind === 'subject-key-id'
      ? certificate.extensions.subjectKeyId === id.keyId
      : equalBytes(certificate.issuer.bytes, id.issuer.bytes) && certificate.serial === id.serial,
  );
  if (found === undefined)
    return refuse('CMS_SIGNER_UNKNOWN', 'The certificate of the signer is not in the signature.');
  if (another !== undefined) refuse('CMS_SIGNER_AMBIGUOUS', 'Several certificates in the signature fit its signer.');
  return found;
}

function checkAlgorithms(info: SignerInfo, data: SignedData): void {
  if (!data.digests.has(info.digest))
    refuse('CMS_DIGEST_UNLISTED', `The signature uses ${info.digest} without listing it.`);
  if (info.algorithm.hash !== null && info.algorithm.hash !== info.digest) {
    refuse(
      'CMS_DIGEST_MISMATCH',
      `The signature hashes content with ${info.digest} and attributes with ${info.algorithm.hash}.`,
    );
  }
}

/** Returns the time the signer claims. */
function checkAttributes(info: SignerInfo, contentType: string, digestOf: (hash: Hash) => Uint8Array): number | null {
  const type = singleValue(info, attributeTypes.contentType);
  if (type === undefined)
    return refuse('CMS_CONTENT_TYPE_MISSING', 'A signer does not say what type of content it signed.');
  if (readOid(type, 'The content-type attribute') !== contentType) {
    refuse('CMS_CONTENT_TYPE_MISMATCH', 'A signer signed content of another type than the signature says.');
  }
  const digest = singleValue(info, attributeTypes.messageDigest);
  if (digest === undefined)
    return refuse('CMS_MESSAGE_DIGEST_MISSING', 'A signer does not say which content it signed.');
  if (!equalBytes(readOctets(digest, 'The message digest'), digestOf(info.digest))) {
    refuse('CMS_MESSAGE_DIGEST_MISMATCH', 'The content is not what was signed.');
  }
  const time = singleValue(info, attributeTypes.signingTime);
  return time === undefined ? null : readTime(time, 'The signing time');
}

function singleValue(info: SignerInfo, type: string) {
  const values = info.attributes.get(type);
  if (values === undefined) return undefined;
  if (values.length !== 1)
    refuse('CMS_ATTRIBUTE_VALUES', `The signed attribute ${type} has ${values.length} values instead of one.`);
  return values[0];
}

/** m of n counts people, not signatures: keys have to differ. */
function checkDistinctSigners(results: readonly SignerResult[]): void {
  if (new Set(results.map(({ signer }) => signer.keyId)).size !== results.length) {
    refuse('CMS_SIGNER_REPEATED', 'One key signed more than once.');
  }
}

/** Nothing unverified rides along: every certificate stands in a path that was validated or is an anchor's, every digest is in use. */
function checkNothingElse(data: SignedData, results: readonly SignerResult[]): void {
  const used = new Set(
    results
      .flatMap(({ path }) => [path.anchor.certificate, ...path.certificates, ...path.supporting])
      .map((certificate) => certificate.fingerprint),
  );
  const stranger = data.certificates.find((certificate) => !used.has(certificate.fingerprint));
  if (stranger !== undefined)
    refuse(
      'CMS_CERTIFICATE_UNUSED',
      `The signature carries the certificate of ${nameOf(stranger)}, which has no part in it.`,
    );
  const digests = new Set(data.signers.map((info) => info.digest));
  for (const digest of data.digests) {
    if (!digests.has(digest)) refuse('CMS_DIGEST_UNLISTED', `The signature lists ${digest} without using it.`);
  }
}

function contentDigests(content: Uint8Array): (hash: Hash) => Uint8Array {
  const known = new Map<Hash, Uint8Array>();
  return (hash) => {
    const digest = known.get(hash) ?? createHash(hash).update(content).digest();
    known.set(hash, digest);
    return digest;
  };
}

function describe(certificate: Certificate, info: SignerInfo, claimedTimeMs: number | null): VerifiedSigner {
  const kind = certificate.key.kind === 'rsa' ? `RSA-${certificate.key.bits}` : `ECDSA P-${certificate.key.bits}`;
  return {
    subject: nameOf(certificate),
    serial: certificate.serial,
    keyId: certificate.key.id,
    algorithm: `${kind} with ${info.digest.toUpperCase().replace('SHA', 'SHA-')}`,
    claimedTimeMs,
  };
}

/** While every certificate of every signer is valid. */
function validityOf(results: readonly SignerResult[]): Pick<Verified, 'validFromMs' | 'validUntilMs'> {
  const links = results.flatMap(({ path }) => chainOf(path));
  return {
    validFromMs: Math.max(...links.map(({ notBeforeMs }) => notBeforeMs)),
    validUntilMs: Math.min(...links.map(({ notAfterMs }) => notAfterMs)),
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
