/**
 * The subset of CMS SignedData (RFC 5652 5) that signatures of releases and timestamp tokens need: DER throughout, X.509
 * certificates only, signed attributes in every signer, and of unsigned attributes none but one
 * timestamp token. Form only; nothing here is believed yet.
 */
import { refuse } from '../refusal.ts';
import { fieldsOf, membersOf, unwrap } from '../der/fields.ts';
import { checkTexts } from '../der/check-primitive.ts';
import { checkSetOrder, type DerElement, derLimits, readDer } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readInteger, readOctets, readOid, readSmall } from '../der/values.ts';
import { type Hash, readDigestAlgorithm, readSignatureAlgorithm, type SignatureAlgorithm } from '../x509/algorithm.ts';
import { type Certificate, readCertificate } from '../x509/certificate.ts';
import { type Name, readName } from '../x509/name.ts';

export const contentTypes = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  timestampInfo: '1.2.840.113549.1.9.16.1.4',
} as const;

export interface SignedData {
  readonly contentType: string;
  /** null: detached. */
  readonly content: Uint8Array | null;
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
  /** DER of the timestamp token over the signature, which is the one attribute that may stand unsigned. */
  readonly timestamp: Uint8Array | null;
}

export const attributeTypes = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  countersignature: '1.2.840.113549.1.9.6',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  timestampToken: '1.2.840.113549.1.9.16.2.14',
} as const;

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
  const fields = fieldsOf(unwrap(outer.take(context.zero), 'The signed data'), 'The signed data');
  outer.end();

  const version = readSmall(fields.take(tags.integer), 'The version of the signed data');
  const digests = membersOf(fields.take(), 'The list of digest algorithms', tags.set, false).map(readDigestAlgorithm);
  if (new Set(digests).size !== digests.length)
    refuse('CMS_DIGEST_REPEATED', 'The signature lists a digest algorithm twice.');
  const { contentType, content } = readContent(fields.take(tags.sequence));
  const certificates = readCertificates(fields.optional(context.zero));
  const lists = readLists(fields.optional(context.one), mayCarryLists);
  const signers = readSigners(fields.take(tags.set));
  fields.end();
  const expected = signers.some(({ id }) => id.kind === 'subject-key-id') || contentType !== contentTypes.data ? 3 : 1;
  if (version !== expected)
    refuse('CMS_VERSION', `The signed data has version ${version} where its content asks for ${expected}.`);
  return { contentType, content, digests: new Set(digests), certificates, lists, signers };
}

function readContent(element: DerElement): Pick<SignedData, 'contentType' | 'content'> {
  const fields = fieldsOf(element, 'The content');
  const contentType = readOid(fields.take(tags.oid), 'The content type');
  const wrapped = fields.optional(context.zero);
  fields.end();
  const content = wrapped === undefined ? null : readOctets(unwrap(wrapped, 'The content'), 'The content');
  return { contentType, content };
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
  const attributes = readSignedAttributes(signed);
  const algorithm = readSignatureAlgorithm(fields.take(tags.sequence));
  const signature = readOctets(fields.take(tags.octetString), 'A signature');
  const timestamp = readUnsignedAttributes(fields.optional(context.one));
  fields.end();
  return { id, digest, algorithm, attributes, signedBytes: asSet(signed), signature, timestamp };
}

function readSignerId(element: DerElement): SignerId {
  if (element.tag === context.keyId) return { kind: 'subject-key-id', keyId: element.content.toHex() };
  const fields = fieldsOf(element, 'The name of a signer');
  const issuer = readName(fields.take(tags.sequence), 'The issuer of a signer');
  const serial = readInteger(fields.take(tags.integer), 'The serial number of a signer').toHex();
  fields.end();
  return { kind: 'issuer-and-serial', issuer, serial };
}

function readSignedAttributes(element: DerElement): SignerInfo['attributes'] {
  const attributes = new Map<string, readonly DerElement[]>();
  for (const { type, values } of readAttributes(element, context.zero)) {
    if (type === attributeTypes.countersignature) refuseCountersignature();
    if (attributes.has(type)) refuse('CMS_ATTRIBUTE_REPEATED', `The signed attribute ${type} appears twice.`);
    // RFC 5652 5.3: DER throughout, also where nobody reads it.
    for (const value of values) checkTexts(value, `The signed attribute ${type}`);
    attributes.set(type, values);
  }
  return attributes;
}

function readUnsignedAttributes(element: DerElement | undefined): Uint8Array | null {
  if (element === undefined) return null;
  const attributes = readAttributes(element, context.one);
  for (const { type } of attributes) {
    if (type === attributeTypes.countersignature) refuseCountersignature();
    if (type !== attributeTypes.timestampToken)
      refuse('CMS_UNSIGNED_ATTRIBUTES', `A signer has the unsigned attribute ${type}, which nobody vouches for.`);
  }
  const [token, another] = attributes.flatMap(({ values }) => values);
  if (token === undefined || another !== undefined || attributes.length > 1)
    return refuse('TIMESTAMP_REPEATED', 'A signer has not exactly one timestamp.');
  return token.bytes;
}

function refuseCountersignature(): never {
  return refuse('CMS_COUNTERSIGNATURE', 'A signature is countersigned, which is not processed.');
}

function readAttributes(element: DerElement, tag: number): { type: string; values: readonly DerElement[] }[] {
  const members = membersOf(element, 'The attributes of a signer', tag);
  // The context tag hides that this is a SET OF, so the reader could not check its order.
  checkSetOrder(members, 0);
  return members.map((member) => {
    const fields = fieldsOf(member, 'An attribute');
    const type = readOid(fields.take(tags.oid), 'An attribute');
    const values = membersOf(fields.take(), 'An attribute', tags.set, false);
    fields.end();
    return { type, values };
  });
}

/** RFC 5652 5.4: signed as an explicit SET OF, not under the context tag it is sent with. */
function asSet(element: DerElement): Uint8Array {
  const bytes = Uint8Array.from(element.bytes);
  bytes[0] = tags.set;
  return bytes;
}
