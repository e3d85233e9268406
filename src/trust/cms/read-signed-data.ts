/**
 * The subset of CMS SignedData (RFC 5652 5) that detached signatures need: DER throughout, no content inside, X.509
 * certificates only, signed attributes in every signer. Form only; nothing here is believed yet.
 */
import { refuse } from '../refusal.ts';
import { fieldsOf, membersOf, unwrap } from '../der/fields.ts';
import { checkSetOrder, type DerElement, derLimits, readDer, tags } from '../der/read-der.ts';
import { readInteger, readOctets, readOid, readSmall } from '../der/values.ts';
import { type Hash, readDigestAlgorithm, readSignatureAlgorithm, type SignatureAlgorithm } from '../x509/algorithm.ts';
import { type Certificate, readCertificate } from '../x509/certificate.ts';
import { type Name, readName } from '../x509/name.ts';

export const contentTypes = { data: '1.2.840.113549.1.7.1', signedData: '1.2.840.113549.1.7.2' } as const;

export interface SignedData {
  readonly contentType: string;
  readonly digests: ReadonlySet<Hash>;
  readonly certificates: readonly Certificate[];
  /** Revocation lists that came along, unread. */
  readonly lists: readonly Uint8Array[];
  readonly signers: readonly SignerInfo[];
}

export type SignerId =
  | { readonly kind: 'issuer-and-serial'; readonly issuer: Name; readonly serial: string }
  | { readonly kind: 'subject-key-id'; readonly keyId: string };

export interface SignerInfo {
  readonly id: SignerId;
  readonly digest: Hash;
  readonly algorithm: SignatureAlgorithm;
  /** Object identifier to values; each type once. */
  readonly attributes: ReadonlyMap<string, readonly DerElement[]>;
  /** What the signature covers: the attributes as a SET (RFC 5652 5.4). */
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
}

export const maxSigners = 8;
const maxCertificates = 32;
const maxLists = 32;
const context = { zero: 0xa0, one: 0xa1, keyId: 0x80 } as const;

/** `mayCarryLists`: for conformance data alone; everywhere else lists in a signature refuse it. */
export function readSignedData(bytes: Uint8Array, mayCarryLists = false): SignedData {
  const outer = fieldsOf(readDer(bytes, derLimits), 'The signature file');
  const type = readOid(outer.take(tags.oid), 'The content type');
  if (type !== contentTypes.signedData)
    refuse('CMS_NOT_SIGNED_DATA', `The file is CMS of type ${type}, not SignedData.`);
  const content = unwrap(outer.take(context.zero), 'The signed data');
  outer.end();

  const fields = fieldsOf(content, 'The signed data');
  const version = readSmall(fields.take(tags.integer), 'The version of the signed data');
  const digests = membersOf(fields.take(), 'The list of digest algorithms', tags.set, false).map(readDigestAlgorithm);
  const contentType = readDetachedContent(fields.take(tags.sequence));
  const certificates = readCertificates(fields.optional(context.zero));
  const lists = readLists(fields.optional(context.one), mayCarryLists);
  const signers = readSigners(fields.take(tags.set));
  fields.end();
  const expected = signers.some(({ id }) => id.kind === 'subject-key-id') || contentType !== contentTypes.data ? 3 : 1;
  if (version !== expected)
    refuse('CMS_VERSION', `The signed data has version ${version} where its content asks for ${expected}.`);
  return { contentType, digests: new Set(digests), certificates, lists, signers };
}

function readDetachedContent(element: DerElement): string {
  const fields = fieldsOf(element, 'The content');
  const type = readOid(fields.take(tags.oid), 'The content type');
  if (fields.optional(context.zero) !== undefined)
    refuse('CMS_EMBEDDED_CONTENT', 'The signature carries its own content; a detached one is expected.');
  fields.end();
  return type;
}

function readCertificates(element: DerElement | undefined): readonly Certificate[] {
  if (element === undefined) return [];
  const members = membersOf(element, 'The list of certificates', context.zero);
  if (members.length > maxCertificates)
    refuse(
      'CMS_CERTIFICATE_LIMIT',
      `The signature carries ${members.length} certificates, at most ${maxCertificates}.`,
    );
  const seen = new Set<string>();
  return members.map((member) => {
    if (member.tag !== tags.sequence)
      refuse('CMS_CERTIFICATE_FORMAT', 'The signature carries a certificate that is not X.509.');
    const certificate = readCertificate(member.bytes);
    if (seen.has(certificate.fingerprint))
      refuse('CMS_CERTIFICATE_REPEATED', 'The signature carries a certificate twice.');
    seen.add(certificate.fingerprint);
    return certificate;
  });
}

function readLists(element: DerElement | undefined, isAllowed: boolean): readonly Uint8Array[] {
  if (element === undefined) return [];
  if (!isAllowed || element.children.length > maxLists)
    refuse(
      'CMS_REVOCATION_UNSUPPORTED',
      'The signature carries revocation lists; those of a machine are its own and do not come with signatures.',
    );
  return element.children.map(({ bytes }) => bytes);
}

function readSigners(element: DerElement): readonly SignerInfo[] {
  const members = membersOf(element, 'The list of signers', tags.set, false);
  if (members.length === 0) refuse('CMS_SIGNER_ABSENT', 'The signature names no signer.');
  if (members.length > maxSigners)
    refuse('CMS_SIGNER_LIMIT', `The signature has ${members.length} signers, at most ${maxSigners}.`);
  return members.map(readSigner);
}

function readSigner(element: DerElement): SignerInfo {
  const fields = fieldsOf(element, 'A signer');
  const version = readSmall(fields.take(tags.integer), 'The version of a signer');
  const id = readSignerId(fields.take());
  if (version !== (id.kind === 'subject-key-id' ? 3 : 1))
    refuse('CMS_VERSION', `A signer has version ${version}, which does not fit how it is named.`);
  const digest = readDigestAlgorithm(fields.take(tags.sequence));
  const signed = fields.optional(context.zero);
  if (signed === undefined) return refuse('CMS_SIGNED_ATTRIBUTES_MISSING', 'A signer has no signed attributes.');
  const attributes = readAttributes(signed);
  const algorithm = readSignatureAlgorithm(fields.take(tags.sequence));
  const signature = readOctets(fields.take(tags.octetString), 'A signature');
  if (fields.optional(context.one) !== undefined)
    refuse('CMS_UNSIGNED_ATTRIBUTES', 'A signer has unsigned attributes, which nobody vouches for.');
  fields.end();
  return { id, digest, algorithm, attributes, signedBytes: asSet(signed), signature };
}

function readSignerId(element: DerElement): SignerId {
  if (element.tag === context.keyId) return { kind: 'subject-key-id', keyId: element.content.toHex() };
  const fields = fieldsOf(element, 'The name of a signer');
  const issuer = readName(fields.take(tags.sequence), 'The issuer of a signer');
  const serial = readInteger(fields.take(tags.integer), 'The serial number of a signer').toHex();
  fields.end();
  return { kind: 'issuer-and-serial', issuer, serial };
}

function readAttributes(element: DerElement): ReadonlyMap<string, readonly DerElement[]> {
  const attributes = new Map<string, readonly DerElement[]>();
  const members = membersOf(element, 'The signed attributes', context.zero);
  // The context tag hides that this is a SET OF, so the reader could not check its order.
  checkSetOrder(members, 0);
  for (const member of members) {
    const fields = fieldsOf(member, 'A signed attribute');
    const type = readOid(fields.take(tags.oid), 'A signed attribute');
    const values = membersOf(fields.take(), 'A signed attribute', tags.set, false);
    fields.end();
    if (attributes.has(type)) refuse('CMS_ATTRIBUTE_REPEATED', `The signed attribute ${type} appears twice.`);
    attributes.set(type, values);
  }
  return attributes;
}

/** RFC 5652 5.4: signed as an explicit SET OF, not under the context tag it is sent with. */
function asSet(element: DerElement): Uint8Array {
  const bytes = Uint8Array.from(element.bytes);
  bytes[0] = tags.set;
  return bytes;
}
