/**
 * Detached CMS SignedData (RFC 5652) over the `Signer` port, for every algorithm it has: DER, signed attributes content
 * type, message digest and signing time. A signature is made in parts, one a signer, and put together afterwards, so that
 * several signers need neither one place nor one moment. It writes; whether the result is believed is trust's to say.
 *
 * Identifiers: RFC 5754 (RSA, ECDSA), RFC 4056 (PSS), RFC 8419 (Ed25519: the content is hashed with SHA-512).
 */
import type { Attribute } from '@peculiar/asn1-cms';
import { hashBytes } from '../../kernel/digest.ts';
import type { SigningAlgorithm } from '../../model/signing.ts';
import type { Signer } from '../../ports/signer.ts';
import { compareBytes } from '../../trust/der/read-der.ts';
import { tags } from '../../trust/der/tags.ts';
import { derOf, derOid } from '../../trust/der/write-der.ts';
import { cmsOids, writeSignedData } from './signed-data.ts';

const oids = {
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
  const signature = await signer.sign(derOf(tags.set, ...attributes.map(({ bytes }) => bytes)));
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
export function encodeSignedData(parts: readonly SignerPart[]): Uint8Array {
  return writeSignedData({
    version: 1,
    digestAlgorithms: parts.map(({ hash }) => derOf(tags.sequence, derOid(hashOids[hash]))),
    certificates: parts.flatMap(({ certificates }) => certificates),
    signerInfos: parts.map(({ info }) => info),
  });
}

function signedAttributes(AttributeType: typeof Attribute, digest: Uint8Array, nowMs: number): Attribute[] {
  return [
    new AttributeType({ attrType: oids.contentType, attrValues: [exactBuffer(derOid(cmsOids.data))] }),
    new AttributeType({ attrType: oids.messageDigest, attrValues: [exactBuffer(derOf(tags.octetString, digest))] }),
    new AttributeType({ attrType: oids.signingTime, attrValues: [exactBuffer(derTime(nowMs))] }),
  ];
}

/** RFC 5652 11.3: UTCTime through 2049, GeneralizedTime from 2050. */
function derTime(ms: number): Uint8Array {
  const text = Temporal.Instant.fromEpochMilliseconds(ms).toString({ smallestUnit: 'second' });
  const digits = text.replaceAll(/[-:T]/gu, '');
  const isUtc = digits < '2050';
  return derOf(isUtc ? 0x17 : 0x18, new TextEncoder().encode(isUtc ? digits.slice(2) : digits));
}

/** The encoder takes whole buffers, and a view may be a part of one. */
function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
