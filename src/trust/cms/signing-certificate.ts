/**
 * The signing-certificate attributes (RFC 2634 5.4, RFC 5035): the signer says under its signature which certificate is
 * its own, so that none of the same key can be put in its place. The first identifier names that certificate; further ones
 * limit the issuers a path may use. SHA-1, which the older form prescribes, only ever narrows here.
 */
import { createHash } from 'node:crypto';
import { refuse } from '../refusal.ts';
import { fieldsOf, membersOf, unwrap } from '../der/fields.ts';
import { type DerElement, equalBytes } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readInteger, readOctets } from '../der/values.ts';
import { type Hash, readDigestAlgorithm } from '../x509/algorithm.ts';
import type { CandidatePath } from '../x509/build-paths.ts';
import type { Certificate } from '../x509/certificate.ts';
import { type Name, readName } from '../x509/name.ts';
import { nameOf } from '../x509/validate-path.ts';

export interface CertificateId {
  readonly hash: Hash | 'sha1';
  readonly value: Uint8Array;
  readonly issuer: Name | null;
  /** Hex. */
  readonly serial: string | null;
}

const directoryName = 0xa4;

/** `version` 1: SigningCertificate; 2: SigningCertificateV2. */
export function readSigningCertificate(value: DerElement, version: 1 | 2): readonly CertificateId[] {
  const what = 'A signing-certificate attribute';
  const fields = fieldsOf(value, what);
  const ids = membersOf(fields.take(), what, tags.sequence).map((id) => readId(id, version, what));
  if (fields.optional(tags.sequence) !== undefined)
    refuse('CMS_SIGNING_CERTIFICATE_POLICIES', `${what} asks for certificate policies, which is not processed.`);
  fields.end();
  return ids;
}

function readId(element: DerElement, version: 1 | 2, what: string): CertificateId {
  const fields = fieldsOf(element, what);
  const algorithm = version === 2 ? fields.optional(tags.sequence) : undefined;
  const value = readOctets(fields.take(tags.octetString), what);
  const issuerSerial = fields.optional(tags.sequence);
  fields.end();
  const hash = version === 1 ? 'sha1' : algorithm === undefined ? 'sha256' : readDigestAlgorithm(algorithm);
  return { hash, value, ...readIssuerSerial(issuerSerial, what) };
}

function readIssuerSerial(element: DerElement | undefined, what: string): Pick<CertificateId, 'issuer' | 'serial'> {
  if (element === undefined) return { issuer: null, serial: null };
  const fields = fieldsOf(element, what);
  // GeneralNames with a single directory name (RFC 5035 5.1.1).
  const name = unwrap(fields.take(tags.sequence), what);
  const serial = readInteger(fields.take(tags.integer), what).toHex();
  fields.end();
  if (name.tag !== directoryName) refuse('DER_UNEXPECTED', `${what} names an issuer by something else than its name.`);
  return { issuer: readName(unwrap(name, what), what), serial };
}

export function checkSignerNamed(ids: readonly CertificateId[], signer: Certificate): void {
  if (!names(ids[0]!, signer))
    refuse('CMS_SIGNING_CERTIFICATE_MISMATCH', `The signer names another certificate than that of ${nameOf(signer)}.`);
}

/** Where issuers are named as well, every one of the path has to be. The anchor is the verifier's own choice. */
export function checkIssuersNamed(ids: readonly CertificateId[], { certificates }: CandidatePath): void {
  if (ids.length === 1) return;
  const unnamed = certificates.slice(1).find((issuer) => !isNamed(ids, issuer));
  if (unnamed !== undefined)
    refuse('CMS_SIGNING_CERTIFICATE_MISMATCH', `The signer does not name ${nameOf(unnamed)} among its issuers.`);
}

/** Whether one of them is of this certificate, which the signer has then signed every byte of. */
export function isNamed(ids: readonly CertificateId[], certificate: Certificate): boolean {
  return ids.some((id) => names(id, certificate));
}

function names(id: CertificateId, certificate: Certificate): boolean {
  return (
    equalBytes(createHash(id.hash).update(certificate.bytes).digest(), id.value) &&
    (id.issuer === null || (id.issuer.key === certificate.issuer.key && id.serial === certificate.serial))
  );
}
