/** Signed data whose structure, attributes or signers lie: every signature in it that is not itself the fault holds. */
import { createHash } from 'node:crypto';
import { der, explicit, integer, octets, oid, sequence, setOf, time } from '../der.ts';
import * as pki from '../pki.ts';
import type { BadFixture } from './bad-fixture.ts';
import { bad, content, dayMs, leaf, leafKey, root, rootKey, signed, signedBy, signer, trustOf } from './rsa-stage.ts';

const dataOid = oid('1.2.840.113549.1.7.1');
const { attributeOids, attribute } = pki;
const [contentType, messageDigest, signingTime] = pki.standardAttributes(content) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const withAttributes = (...attributes: readonly Uint8Array[]): Uint8Array => signedBy({ attributes });
const withUnsigned = (...attributes: readonly Uint8Array[]): Uint8Array =>
  signedBy({ unsigned: explicit(1, ...attributes) });

const secondKey = (): pki.KeyPair => pki.keyPair('second', 'rsa2048');
const secondId = sequence(pki.name('Root'), integer(4712));
const second = (options: pki.CertificateOptions = {}): Uint8Array =>
  leaf({ key: secondKey(), serial: integer(4712), subject: pki.name('Second'), ...options });
const secondSigner = (options: pki.SignerOptions = {}): Uint8Array =>
  signer({ key: secondKey(), id: secondId, ...options });
const twoOfTwo = () => trustOf([root()], 2);

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const issuerSerial = (issuer: Uint8Array, serial: number): Uint8Array =>
  sequence(sequence(explicit(4, issuer)), integer(serial));
const namesV2 = (...ids: readonly Uint8Array[]): Uint8Array =>
  attribute(attributeOids.signingCertificateV2, sequence(sequence(...ids)));

export const badSignatures: readonly BadFixture[] = [
  bad('CMS_CONTENT_TYPE', 'other-content-type', 'content of a type other than plain data', () => {
    const type = oid('1.2.840.113549.1.9.16.1.4');
    const attributes = [attribute(attributeOids.contentType, type), messageDigest];
    return signed({ version: 3, content: sequence(type), signers: [signer({ attributes })] });
  }),
  bad('CMS_EMBEDDED_CONTENT', 'embedded-content', 'content inside while it stands beside', () =>
    signed({ content: sequence(dataOid, explicit(0, octets(content))) }),
  ),
  bad('CMS_EMBEDDED_CONTENT', 'embedded-other-content', 'other content inside, which is what was signed', () => {
    const inside = Buffer.from('{"package":"other","version":"1.5.0"}\n');
    return {
      signature: pki.signedData(inside, {
        certificates: [leaf()],
        content: sequence(dataOid, explicit(0, octets(inside))),
        signers: [pki.signerInfo(inside, { key: leafKey() })],
      }),
    };
  }),
  bad('CMS_REVOCATION_UNSUPPORTED', 'revocation-lists', 'revocation lists that came along', () =>
    signed({ revocation: explicit(1, sequence(integer(1))) }),
  ),
  bad('CMS_CERTIFICATE_LIMIT', 'thirty-three-certificates', 'more than 32 certificates', () =>
    signed({
      certificates: [leaf(), ...Array.from({ length: 32 }, (_, index) => second({ serial: integer(5000 + index) }))],
    }),
  ),
  bad('CMS_CERTIFICATE_REPEATED', 'certificate-twice', 'a certificate twice', () =>
    signed({ certificates: [leaf(), leaf()] }),
  ),
  bad('CMS_CERTIFICATE_UNUSED', 'certificate-without-a-part', 'a certificate that has no part in it', () =>
    signed({ certificates: [leaf(), second()] }),
  ),
  bad('CMS_SIGNER_ABSENT', 'no-signer', 'no signer at all', () => signed({ signers: [] })),
  bad('CMS_SIGNER_LIMIT', 'second-signer', 'two signers where one is asked for', () =>
    signed({ certificates: [leaf(), second()], signers: [signer(), secondSigner()] }),
  ),
  bad('CMS_SIGNER_TOO_FEW', 'one-of-two-signers', 'fewer signers than the anchors file asks for', () => ({
    signature: signed(),
    trust: twoOfTwo(),
  })),
  bad('CMS_SIGNER_REPEATED', 'one-signer-twice', 'one key that signs twice, under two certificates', () => ({
    signature: signed({
      certificates: [leaf(), second({ key: leafKey() })],
      signers: [signer(), secondSigner({ key: leafKey() })],
    }),
    trust: twoOfTwo(),
  })),
  bad('CMS_SIGNATURE_INVALID', 'one-signer-fails', 'one of two signers whose signature does not hold', () => ({
    signature: signed({
      certificates: [leaf(), second()],
      signers: [signer(), secondSigner({ key: pki.keyPair('other', 'rsa2048') })],
    }),
    trust: twoOfTwo(),
  })),
  bad('CMS_SIGNER_UNKNOWN', 'certificate-absent', 'a signer whose certificate is not there', () =>
    signed({ certificates: [] }),
  ),
  bad(
    'CMS_SIGNER_UNKNOWN',
    'issuer-in-another-spelling',
    'a signer named in a spelling that its certificate has not',
    () => signedBy({ id: sequence(pki.name('ROOT'), integer(4711)) }),
  ),
  bad('CMS_SIGNER_AMBIGUOUS', 'two-certificates-fit', 'two certificates that fit the signer', () =>
    signed({ certificates: [leaf(), leaf({ key: secondKey() })] }),
  ),
  bad('CMS_SIGNED_ATTRIBUTES_MISSING', 'no-signed-attributes', 'a signature straight over the content', () =>
    signedBy({ attributes: null }),
  ),
  bad(
    'CMS_STRIPPED_ATTRIBUTES',
    'stripped-attributes',
    'signed attributes left out and presented as the content',
    () => {
      const stripped = setOf(...pki.standardAttributes(content));
      const signers = [pki.signerInfo(stripped, { key: leafKey(), attributes: null })];
      return { content: stripped, signature: pki.signedData(stripped, { certificates: [leaf()], signers }) };
    },
  ),
  bad(
    'CMS_STRIPPED_ATTRIBUTES',
    'attributes-as-content',
    'content that is a set of attributes, with attributes over it',
    () => {
      const stripped = setOf(...pki.standardAttributes(content));
      const signers = [pki.signerInfo(stripped, { key: leafKey() })];
      return { content: stripped, signature: pki.signedData(stripped, { certificates: [leaf()], signers }) };
    },
  ),
  ...(
    [
      ['content type', contentType],
      ['message digest', messageDigest],
    ] as const
  ).map(([attributeName, kept]) =>
    bad(
      'CMS_STRIPPED_ATTRIBUTES',
      `attributes-as-content-${attributeName.replace(' ', '-')}`,
      `the same with the ${attributeName} alone of what tells attributes by`,
      () => {
        const stripped = setOf(kept, signingTime);
        const signers = [pki.signerInfo(stripped, { key: leafKey() })];
        return { content: stripped, signature: pki.signedData(stripped, { certificates: [leaf()], signers }) };
      },
    ),
  ),
  bad('CMS_ATTRIBUTE_REPEATED', 'message-digest-twice', 'a signed attribute twice', () =>
    withAttributes(
      contentType,
      messageDigest,
      attribute(attributeOids.messageDigest, octets(sha256(Buffer.from('x')))),
    ),
  ),
  bad('CMS_ATTRIBUTE_REPEATED', 'content-type-twice', 'the content type twice', () =>
    withAttributes(contentType, attribute(attributeOids.contentType, oid('1.2.840.113549.1.7.2')), messageDigest),
  ),
  bad('CMS_ATTRIBUTE_VALUES', 'two-content-types', 'two content types in one', () =>
    withAttributes(
      attribute(attributeOids.contentType, oid('1.2.840.113549.1.7.1'), oid('1.2.840.113549.1.7.2')),
      messageDigest,
    ),
  ),
  bad('CMS_ATTRIBUTE_VALUES', 'two-message-digests', 'a signed attribute with two values', () =>
    withAttributes(
      contentType,
      attribute(attributeOids.messageDigest, octets(sha256(content)), octets(sha256(Buffer.from('x')))),
    ),
  ),
  bad('CMS_CONTENT_TYPE_MISSING', 'content-type-missing', 'no content-type attribute', () =>
    withAttributes(messageDigest, signingTime),
  ),
  bad('CMS_CONTENT_TYPE_MISMATCH', 'content-type-wrong', 'a content-type attribute that names another type', () =>
    withAttributes(attribute(attributeOids.contentType, oid('1.2.840.113549.1.7.2')), messageDigest),
  ),
  bad('CMS_MESSAGE_DIGEST_MISSING', 'message-digest-missing', 'no message-digest attribute', () =>
    withAttributes(contentType, signingTime),
  ),
  bad('CMS_MESSAGE_DIGEST_MISMATCH', 'content-changed', 'content that is not what was signed', () => ({
    signature: signed(),
    content: Buffer.from('{"package":"themisdb","version":"1.4.0"}\n'),
  })),
  bad('CMS_UNSIGNED_ATTRIBUTES', 'digest-unsigned', 'an attribute that nobody signed', () =>
    withUnsigned(messageDigest),
  ),
  bad('CMS_UNSIGNED_ATTRIBUTES', 'signing-time-unsigned', 'a signing time that nobody signed', () =>
    withUnsigned(signingTime),
  ),
  bad('CMS_COUNTERSIGNATURE', 'countersignature', 'a countersignature', () =>
    withUnsigned(attribute(attributeOids.countersignature, signer())),
  ),
  bad('CMS_SIGNING_CERTIFICATE_MISMATCH', 'names-another-certificate', 'a signer that names another certificate', () =>
    withAttributes(contentType, messageDigest, namesV2(sequence(octets(sha256(second()))))),
  ),
  bad('CMS_SIGNING_CERTIFICATE_MISMATCH', 'names-another-serial', 'a signer that names another serial number', () =>
    withAttributes(
      contentType,
      messageDigest,
      namesV2(sequence(octets(sha256(leaf())), issuerSerial(pki.name('Root'), 4712))),
    ),
  ),
  bad('CMS_SIGNING_CERTIFICATE_MISMATCH', 'names-another-issuer', 'a signer that names another issuer', () =>
    withAttributes(
      contentType,
      messageDigest,
      namesV2(sequence(octets(sha256(leaf())), issuerSerial(pki.name('Elsewhere'), 4711))),
    ),
  ),
  bad('CMS_SIGNING_CERTIFICATE_MISMATCH', 'names-another-by-sha-1', 'the same in the older form, by SHA-1', () => {
    const hash = createHash('sha1').update(second()).digest();
    const named = attribute(attributeOids.signingCertificate, sequence(sequence(sequence(octets(hash)))));
    return withAttributes(contentType, messageDigest, named);
  }),
  bad(
    'CMS_SIGNING_CERTIFICATE_MISMATCH',
    'names-other-issuers',
    'an issuer in the path that the signer does not name',
    () => {
      const middleKey = pki.keyPair('middle', 'rsa2048');
      const middle = leaf({
        key: middleKey,
        subject: pki.name('Middle'),
        serial: integer(2),
        extensions: pki.caExtensions(middleKey, rootKey()),
      });
      const own = leaf({ issuer: pki.name('Middle'), issuerKey: middleKey });
      const named = namesV2(sequence(octets(sha256(own))), sequence(octets(sha256(second()))));
      const id = sequence(pki.name('Middle'), integer(4711));
      const attributes = [contentType, messageDigest, named];
      return signed({ certificates: [own, middle], signers: [signer({ id, attributes })] });
    },
  ),
  bad('CMS_SIGNING_CERTIFICATE_POLICIES', 'names-policies', 'a signer that asks for certificate policies', () => {
    const ids = sequence(sequence(octets(sha256(leaf()))));
    const policies = sequence(sequence(oid('1.3.6.1.4.1.99999.1')));
    return withAttributes(
      contentType,
      messageDigest,
      attribute(attributeOids.signingCertificateV2, sequence(ids, policies)),
    );
  }),
  bad('CERT_EXPIRED', 'expired-with-a-signing-time', 'an expired certificate with a signing time from before', () => ({
    signature: signed(),
    nowMs: pki.nowMs + 60 * dayMs,
  })),
  bad('DER_VALUE', 'signing-time-that-never-was', 'a signing time that does not exist', () =>
    withAttributes(
      contentType,
      messageDigest,
      attribute(attributeOids.signingTime, der(0x17, Buffer.from('260231000000Z'))),
    ),
  ),
  bad(
    'CERT_NOT_YET_VALID',
    'not-yet-valid-with-a-signing-time',
    'a certificate of the future with a signing time in it',
    () => ({
      signature: withAttributes(
        contentType,
        messageDigest,
        attribute(attributeOids.signingTime, time(pki.nowMs - 10 * dayMs)),
      ),
      nowMs: pki.nowMs - 60 * dayMs,
    }),
  ),
];
