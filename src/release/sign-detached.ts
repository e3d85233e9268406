/**
 * Detached CMS signatures over the `Signer` port (RFC 5652): DER, signed attributes content type, message digest and
 * signing time, SHA-256, the signer's certificate and intermediates but never a root. What leaves here has been read back
 * by the strict reader of `trust/`, so that Themis cannot make a signature it would refuse for its form.
 */
import type { Attribute } from '@peculiar/asn1-cms';
import { digestBytes, hexOf } from '../kernel/digest.ts';
import { ThemisError } from '../kernel/error.ts';
import type { Signer } from '../ports/signer.ts';
import { readSignedData } from '../trust/cms/read-signed-data.ts';
import { compareBytes, equalBytes } from '../trust/der/read-der.ts';
import { type Certificate, readCertificate } from '../trust/x509/certificate.ts';
import { isSignedBy } from '../trust/x509/public-key.ts';
import { checkSigningCertificate } from '../trust/x509/validate-path.ts';

const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  sha256: '2.16.840.1.101.3.4.2.1',
  'rsa-sha256': '1.2.840.113549.1.1.11',
  'ecdsa-p256-sha256': '1.2.840.10045.4.3.2',
} as const;

/** DER ContentInfo. Throws CERTIFICATE_INVALID when the signer's certificate is not for signing releases now. */
export async function signDetached(content: Uint8Array, signer: Signer, nowMs: number): Promise<Uint8Array> {
  const [certificate, ...issuers] = signer.chain.map((bytes) => readCertificate(bytes));
  if (certificate === undefined) throw new ThemisError('POLICY_REFUSED', 'The signer has no certificate.');
  checkSigningCertificate(certificate, nowMs);
  const carried = [certificate, ...issuers.filter((issuer) => !issuer.isSelfIssued)];
  const bytes = await encode(content, certificate, carried, signer, nowMs);
  checkReadBack(bytes, certificate, carried);
  return bytes;
}

async function encode(
  content: Uint8Array,
  certificate: Certificate,
  carried: readonly Certificate[],
  signer: Signer,
  nowMs: number,
): Promise<Uint8Array> {
  const cms = await import('@peculiar/asn1-cms');
  const { AsnConvert, OctetString } = await import('@peculiar/asn1-schema');
  const x509 = await import('@peculiar/asn1-x509');
  const attributes = signedAttributes(cms.Attribute, content, nowMs).map((attribute) => ({
    attribute,
    bytes: new Uint8Array(AsnConvert.serialize(attribute)),
  }));
  attributes.sort((a, b) => compareBytes(a.bytes, b.bytes));
  const signature = await signer.sign(derElement(0x31, ...attributes.map(({ bytes }) => bytes)));
  const parsed = AsnConvert.parse(exactBuffer(certificate.bytes), x509.Certificate);
  const digestAlgorithm = new cms.DigestAlgorithmIdentifier({ algorithm: oids.sha256 });
  const info = new cms.SignerInfo({
    version: cms.CMSVersion.v1,
    sid: new cms.SignerIdentifier({
      issuerAndSerialNumber: new cms.IssuerAndSerialNumber({
        issuer: parsed.tbsCertificate.issuer,
        serialNumber: parsed.tbsCertificate.serialNumber,
      }),
    }),
    digestAlgorithm,
    signedAttrs: attributes.map(({ attribute }) => attribute),
    signatureAlgorithm: new cms.SignatureAlgorithmIdentifier({
      algorithm: oids[signer.algorithm],
      ...(signer.algorithm === 'rsa-sha256' ? { parameters: exactBuffer(Uint8Array.of(5, 0)) } : {}),
    }),
    signature: new OctetString(exactBuffer(signature)),
  });
  const signedData = new cms.SignedData({
    version: cms.CMSVersion.v1,
    digestAlgorithms: new cms.DigestAlgorithmIdentifiers([digestAlgorithm]),
    encapContentInfo: new cms.EncapsulatedContentInfo({ eContentType: oids.data }),
    certificates: new cms.CertificateSet(
      carried
        .map((each) => each.bytes)
        .toSorted(compareBytes)
        .map(
          (bytes) =>
            new cms.CertificateChoices({ certificate: AsnConvert.parse(exactBuffer(bytes), x509.Certificate) }),
        ),
    ),
    signerInfos: new cms.SignerInfos([info]),
  });
  const contentInfo = new cms.ContentInfo({ contentType: oids.signedData, content: AsnConvert.serialize(signedData) });
  return new Uint8Array(AsnConvert.serialize(contentInfo));
}

function signedAttributes(AttributeType: typeof Attribute, content: Uint8Array, nowMs: number): Attribute[] {
  const digest = Uint8Array.fromHex(hexOf(digestBytes(content)));
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

/** The encoder parses and writes certificates anew; a signature over other bytes than came in would be worthless. */
function checkReadBack(bytes: Uint8Array, certificate: Certificate, carried: readonly Certificate[]): void {
  const data = readSignedData(bytes);
  const [info] = data.signers;
  const sameCertificates =
    data.certificates.length === carried.length &&
    carried.every((each) => data.certificates.some((found) => equalBytes(found.bytes, each.bytes)));
  if (!sameCertificates || info === undefined)
    throw new ThemisError('BUG', 'the signature does not carry the certificates it was made for');
  if (!isSignedBy(certificate.key, info.digest, info.signedBytes, info.signature)) {
    throw new ThemisError('POLICY_REFUSED', 'The signer made a signature that its certificate does not verify.', {
      hint: 'Check that key and certificate belong together.',
    });
  }
}
