/**
 * Detached CMS SignedData (RFC 5652) over the `Signer` port, for every algorithm it has: DER, signed attributes content
 * type, message digest and signing time. A signature is made in parts, one a signer, and put together afterwards, so that
 * several signers need neither one place nor one moment. It writes; whether the result is believed is trust's to say.
 *
 * Identifiers: RFC 5754 (RSA, ECDSA), RFC 4056 (PSS), RFC 8419 (Ed25519: the content is hashed with SHA-512).
 */
import type { Attribute } from '@peculiar/asn1-cms';
import { hashBytes } from '../kernel/digest.ts';
import type { SigningAlgorithm } from '../model/signing.ts';
import type { Signer } from '../ports/signer.ts';
import { compareBytes } from '../trust/der/read-der.ts';

const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
} as const;

type Hash = 'sha256' | 'sha384' | 'sha512';

const hashOids: Readonly<Record<Hash, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

const asn1Null = Uint8Array.of(0x05, 0x00);
/** RSASSA-PSS-params: SHA-256, MGF1 with SHA-256, salt of 32 bytes; the hash identifiers with NULL (RFC 4055 2.1, 3.1). */
const pssParameters = Uint8Array.fromHex(
  '3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
);

/** `hash` is over the content; null parameters are absent ones. */
const algorithms: Readonly<
  Record<SigningAlgorithm, { readonly hash: Hash; readonly oid: string; readonly parameters: Uint8Array | null }>
> = {
  'rsa-sha256': { hash: 'sha256', oid: '1.2.840.113549.1.1.11', parameters: asn1Null },
  'rsa-pss-sha256': { hash: 'sha256', oid: '1.2.840.113549.1.1.10', parameters: pssParameters },
  'ecdsa-p256-sha256': { hash: 'sha256', oid: '1.2.840.10045.4.3.2', parameters: null },
  'ecdsa-p384-sha384': { hash: 'sha384', oid: '1.2.840.10045.4.3.3', parameters: null },
  ed25519: { hash: 'sha512', oid: '1.3.101.112', parameters: null },
};

/** What one signer adds to a signature. */
export interface SignerPart {
  /** DER SignerInfo. */
  readonly info: Uint8Array;
  readonly hash: Hash;
  /** DER certificates that travel with it, the signer's own among them. */
  readonly certificates: readonly Uint8Array[];
}

/** `chain`: of the signer, its own certificate first, without a root. */
export async function makeSignerPart(
  content: Uint8Array,
  signer: Signer,
  chain: readonly Uint8Array[],
  nowMs: number,
): Promise<SignerPart> {
  const cms = await import('@peculiar/asn1-cms');
  const { AsnConvert, OctetString } = await import('@peculiar/asn1-schema');
  const x509 = await import('@peculiar/asn1-x509');
  const { hash, oid, parameters } = algorithms[signer.algorithm];
  const attributes = signedAttributes(cms.Attribute, hashBytes(hash, content), nowMs).map((attribute) => ({
    attribute,
    bytes: new Uint8Array(AsnConvert.serialize(attribute)),
  }));
  attributes.sort((a, b) => compareBytes(a.bytes, b.bytes));
  const signature = await signer.sign(derElement(0x31, ...attributes.map(({ bytes }) => bytes)));
  const { tbsCertificate } = AsnConvert.parse(exactBuffer(chain[0]!), x509.Certificate);
  const info = new cms.SignerInfo({
    version: cms.CMSVersion.v1,
    sid: new cms.SignerIdentifier({
      issuerAndSerialNumber: new cms.IssuerAndSerialNumber({
        issuer: tbsCertificate.issuer,
        serialNumber: tbsCertificate.serialNumber,
      }),
    }),
    digestAlgorithm: new cms.DigestAlgorithmIdentifier({ algorithm: hashOids[hash] }),
    signedAttrs: attributes.map(({ attribute }) => attribute),
    signatureAlgorithm: new cms.SignatureAlgorithmIdentifier({
      algorithm: oid,
      ...(parameters === null ? {} : { parameters: exactBuffer(parameters) }),
    }),
    signature: new OctetString(exactBuffer(signature)),
  });
  return { info: new Uint8Array(AsnConvert.serialize(info)), hash, certificates: chain };
}

/** DER ContentInfo of at least one part; certificates that several parts carry are written once. */
export async function encodeSignedData(parts: readonly SignerPart[]): Promise<Uint8Array> {
  const cms = await import('@peculiar/asn1-cms');
  const { AsnConvert } = await import('@peculiar/asn1-schema');
  const x509 = await import('@peculiar/asn1-x509');
  // Of one length and one prefix, so that the order of their names is the order of their encodings.
  const hashes = [...new Set(parts.map(({ hash }) => hash))].toSorted();
  const signedData = new cms.SignedData({
    version: cms.CMSVersion.v1,
    digestAlgorithms: new cms.DigestAlgorithmIdentifiers(
      hashes.map((hash) => new cms.DigestAlgorithmIdentifier({ algorithm: hashOids[hash] })),
    ),
    encapContentInfo: new cms.EncapsulatedContentInfo({ eContentType: oids.data }),
    certificates: new cms.CertificateSet(
      distinct(parts.flatMap(({ certificates }) => certificates)).map(
        (bytes) => new cms.CertificateChoices({ certificate: AsnConvert.parse(exactBuffer(bytes), x509.Certificate) }),
      ),
    ),
    signerInfos: new cms.SignerInfos(
      distinct(parts.map(({ info }) => info)).map((bytes) => AsnConvert.parse(exactBuffer(bytes), cms.SignerInfo)),
    ),
  });
  const contentInfo = new cms.ContentInfo({ contentType: oids.signedData, content: AsnConvert.serialize(signedData) });
  return new Uint8Array(AsnConvert.serialize(contentInfo));
}

/** In the order of a DER SET OF. */
function distinct(elements: readonly Uint8Array[]): Uint8Array[] {
  return elements
    .toSorted(compareBytes)
    .filter((bytes, index, sorted) => index === 0 || compareBytes(bytes, sorted[index - 1]!) !== 0);
}

function signedAttributes(AttributeType: typeof Attribute, digest: Uint8Array, nowMs: number): Attribute[] {
  // OBJECT IDENTIFIER 1.2.840.113549.1.7.1
  const dataOid = Uint8Array.of(0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01);
  return [
    new AttributeType({ attrType: oids.contentType, attrValues: [exactBuffer(dataOid)] }),
    new AttributeType({ attrType: oids.messageDigest, attrValues: [exactBuffer(derElement(0x04, digest))] }),
    new AttributeType({ attrType: oids.signingTime, attrValues: [exactBuffer(derTime(nowMs))] }),
  ];
}

/** RFC 5652 11.3: UTCTime through 2049, GeneralizedTime from 2050. */
function derTime(ms: number): Uint8Array {
  const text = Temporal.Instant.fromEpochMilliseconds(ms).toString({ smallestUnit: 'second' });
  const digits = text.replaceAll(/[-:T]/gu, '');
  const isUtc = digits < '2050';
  return derElement(isUtc ? 0x17 : 0x18, new TextEncoder().encode(isUtc ? digits.slice(2) : digits));
}

/** For short and medium contents: attributes stay far below 64 KiB. */
function derElement(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  let offset = header.length;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** The encoder takes whole buffers, and a view may be a part of one. */
function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
