/**
 * X.509 certificates (RFC 5280 4.1), parsed strictly and judged nowhere but for their own form. The signed part is kept
 * as the bytes it came in.
 */
import { type Digest, digestBytes } from '../../kernel/digest.ts';
import { refuse } from '../refusal.ts';
import { fieldsOf, unwrap } from '../der/fields.ts';
import { type DerElement, type DerLimits, derLimits, equalBytes, readDer } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readBitBytes, readInteger, readSmall, readTime } from '../der/values.ts';
import { readSignatureAlgorithm, type SignatureAlgorithm } from './algorithm.ts';
import { type Extensions, readExtensions } from './extensions.ts';
import { type Name, readName } from './name.ts';
import { isSignedBy, type PublicKey, readPublicKey } from './public-key.ts';
import { askedOnce } from './signature-budget.ts';

export interface Certificate {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes. */
  readonly fingerprint: Digest;
  readonly version: number;
  /** Hex of the DER integer. */
  readonly serial: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly isSelfIssued: boolean;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly key: PublicKey;
  readonly extensions: Extensions;
  readonly signedBytes: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}

const certificateLimits: DerLimits = { ...derLimits, bytes: 64 * 1024, elements: 4000 };
const context = { version: 0xa0, issuerId: 0x81, subjectId: 0x82, extensions: 0xa3 } as const;

export function readCertificate(bytes: Uint8Array): Certificate {
  const fields = fieldsOf(readDer(bytes, certificateLimits), 'The certificate');
  const signed = fields.take(tags.sequence);
  const outerAlgorithm = fields.take(tags.sequence);
  const signature = readBitBytes(fields.take(tags.bitString), 'The signature of the certificate');
  fields.end();
  return {
    bytes,
    fingerprint: digestBytes(bytes),
    ...readSigned(signed, outerAlgorithm),
    signedBytes: signed.bytes,
    signatureAlgorithm: readCertificateAlgorithm(outerAlgorithm),
    signature,
  };
}

type SignedPart = Omit<Certificate, 'bytes' | 'fingerprint' | 'signedBytes' | 'signatureAlgorithm' | 'signature'>;

function readSigned(signed: DerElement, outerAlgorithm: DerElement): SignedPart {
  const fields = fieldsOf(signed, 'The certificate');
  const version = readVersion(fields.optional(context.version));
  const serial = readSerial(fields.take(tags.integer));
  if (!equalBytes(fields.take(tags.sequence).bytes, outerAlgorithm.bytes)) {
    refuse('CERT_ALGORITHM_MISMATCH', 'The certificate names two different signature algorithms.');
  }
  const issuer = readName(fields.take(tags.sequence), 'The issuer name');
  // RFC 5280 4.1.2.4; without one there is nothing that an issuer could be found by.
  if (issuer.isEmpty) refuse('CERT_ISSUER_EMPTY', 'The certificate names no issuer.');
  const validity = readValidity(fields.take(tags.sequence));
  const subject = readName(fields.take(tags.sequence), 'The subject name');
  const key = readPublicKey(fields.take(tags.sequence));
  const issuerId = fields.optional(context.issuerId);
  const subjectId = fields.optional(context.subjectId);
  if (version < 2 && (issuerId !== undefined || subjectId !== undefined))
    refuse('CERT_VERSION', 'Unique identifiers need version 2 or 3.');
  const wrapped = fields.optional(context.extensions);
  if (wrapped !== undefined && version !== 3) refuse('CERT_VERSION', 'Extensions need version 3.');
  fields.end();
  const extensions = readExtensions(wrapped === undefined ? undefined : unwrap(wrapped, 'The list of extensions'));
  // RFC 5280 4.1.2.6: then its only names are the alternative ones, and nobody may pass over them.
  if (subject.isEmpty && !extensions.areAltNamesCritical)
    refuse('CERT_SUBJECT_EMPTY', 'The certificate names no subject, nor critical alternative names in its stead.');
  return { version, serial, issuer, subject, isSelfIssued: issuer.key === subject.key, ...validity, key, extensions };
}

function readVersion(wrapped: DerElement | undefined): number {
  if (wrapped === undefined) return 1;
  const version = readSmall(unwrap(wrapped, 'The version'), 'The version') + 1;
  // Version 1 is the default and not written in DER.
  if (version !== 2 && version !== 3) refuse('CERT_VERSION', `Certificates of version ${version} are not accepted.`);
  return version;
}

/** Negative serials exist in the wild and identify as well as others (RFC 5280 4.1.2.2); longer than 20 octets do not. */
function readSerial(element: DerElement): string {
  const serial = readInteger(element, 'The serial number');
  if (serial.length > 20) refuse('CERT_SERIAL', 'The serial number is longer than 20 octets.');
  return serial.toHex();
}

function readValidity(element: DerElement): { notBeforeMs: number; notAfterMs: number } {
  const fields = fieldsOf(element, 'The validity');
  const notBeforeMs = readTime(fields.take(), 'The start of validity');
  const notAfterMs = readTime(fields.take(), 'The end of validity');
  fields.end();
  if (notAfterMs < notBeforeMs) refuse('CERT_VALIDITY', 'The certificate ends before it starts.');
  return { notBeforeMs, notAfterMs };
}

function readCertificateAlgorithm(element: DerElement): SignatureAlgorithm {
  const algorithm = readSignatureAlgorithm(element);
  if (algorithm.hash === null)
    refuse('ALGORITHM_UNSUPPORTED', 'The signature algorithm of a certificate names no hash.');
  return algorithm;
}

/** What a certificate and a revocation list have in common. */
export type SignedForm = Pick<Certificate, 'fingerprint' | 'signedBytes' | 'signatureAlgorithm' | 'signature'>;

/** Whether `key` signed this certificate or revocation list. */
export function isIssuedBy(signed: SignedForm, key: PublicKey): boolean {
  return askedOnce(`${signed.fingerprint} ${key.id}`, () =>
    isSignedBy(key, signed.signatureAlgorithm, signed.signedBytes, signed.signature),
  );
}
