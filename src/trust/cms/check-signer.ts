/**
 * One signer of signed data, as a checklist: its certificate is there once, its algorithms agree, its attributes speak of
 * this content, it names no other certificate as its own, and its key made the signature. Whether anybody trusts the
 * certificate is for the path.
 */
import { createHash } from 'node:crypto';
import { refuse } from '../refusal.ts';
import { type DerElement, equalBytes } from '../der/read-der.ts';
import { readOctets, readOid, readTime } from '../der/values.ts';
import type { Hash } from '../x509/algorithm.ts';
import type { Certificate } from '../x509/certificate.ts';
import { isSignedBy } from '../x509/public-key.ts';
import { nameOf } from '../x509/validate-path.ts';
import { attributeTypes, type SignedData, type SignerInfo } from './read-signed-data.ts';
import { type CertificateId, checkSignerNamed, readSigningCertificate } from './signing-certificate.ts';

export interface CheckedSigner {
  readonly certificate: Certificate;
  /** What the signer claims; nothing is decided by it. */
  readonly claimedTimeMs: number | null;
  /** From each signing-certificate attribute there is; the first of each names `certificate`. */
  readonly named: readonly (readonly CertificateId[])[];
}

/** Throws the refusal of the first check that fails. */
export function checkSigner(info: SignerInfo, data: SignedData, digestOf: (hash: Hash) => Uint8Array): CheckedSigner {
  const certificate = findSigner(info, data.certificates);
  checkAlgorithms(info, data);
  const claimedTimeMs = checkAttributes(info, data.contentType, digestOf);
  const named = readNamed(info);
  for (const ids of named) checkSignerNamed(ids, certificate);
  if (!isSignedBy(certificate.key, { ...info.algorithm, hash: info.digest }, info.signedBytes, info.signature)) {
    refuse(
      'CMS_SIGNATURE_INVALID',
      `The signature was not made with the key of ${nameOf(certificate)}, or what it covers was changed.`,
    );
  }
  return { certificate, claimedTimeMs, named };
}

/**
 * By certificate, unambiguously: two that fit are refused, even if one of them would verify. Nothing signs the signer's
 * name, so it is compared byte for byte: a spelling that means the same is not the one that was written.
 */
function findSigner({ id }: SignerInfo, certificates: readonly Certificate[]): Certificate {
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
    refuse('CMS_DIGEST_UNLISTED', `A signer uses ${info.digest}, which the signature does not list.`);
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

function readNamed(info: SignerInfo): CheckedSigner['named'] {
  const older = singleValue(info, attributeTypes.signingCertificate);
  const newer = singleValue(info, attributeTypes.signingCertificateV2);
  return [
    ...(older === undefined ? [] : [readSigningCertificate(older, 1)]),
    ...(newer === undefined ? [] : [readSigningCertificate(newer, 2)]),
  ];
}

function singleValue(info: SignerInfo, type: string): DerElement | undefined {
  const values = info.attributes.get(type);
  if (values === undefined) return undefined;
  if (values.length !== 1)
    refuse('CMS_ATTRIBUTE_VALUES', `The signed attribute ${type} has ${values.length} values instead of one.`);
  return values[0];
}

/** Of content, each hash computed once. */
export function digestsOf(content: Uint8Array): (hash: Hash) => Uint8Array {
  const known = new Map<Hash, Uint8Array>();
  return (hash) => {
    const digest = known.get(hash) ?? createHash(hash).update(content).digest();
    known.set(hash, digest);
    return digest;
  };
}
