/** Signatures that are right in everything but how they are written. Where the fault lies in signed bytes, they are signed as written. */
import { bits, boolean, der, explicit, integer, nullValue, octets, oid, sequence } from '../der.ts';
import * as pki from '../pki.ts';
import type { BadFixture } from './bad-fixture.ts';
import { bad, content, leaf, leafKey, rootKey, signed, signedBy, signer } from './rsa-stage.ts';

/** An attribute nobody asked for; unknown signed attributes are allowed. */
const withAttribute = (value: Uint8Array): Uint8Array =>
  signedBy({ attributes: [...pki.standardAttributes(content), pki.attribute('1.2.840.113549.1.9.99', value)] });

export const badEncodings: readonly BadFixture[] = [
  bad('DER_TOO_LARGE', 'larger-than-a-mebibyte', 'more than 1 MiB', () => withAttribute(octets(Buffer.alloc(1 << 20)))),
  bad('DER_TOO_LARGE', 'length-of-five-bytes', 'a length written in five bytes', () =>
    Buffer.concat([Uint8Array.of(0x30, 0x85, 0, 0, 0, 0, 1), signed().subarray(4)]),
  ),
  bad('DER_TOO_DEEP', 'nested-too-deep', 'more than 24 levels', () => {
    let value = nullValue();
    for (let level = 0; level < 30; level += 1) value = sequence(value);
    return withAttribute(value);
  }),
  bad('DER_TOO_MANY', 'too-many-elements', 'more than 20,000 elements', () =>
    withAttribute(sequence(...Array.from({ length: 20_001 }, nullValue))),
  ),
  bad('DER_TRUNCATED', 'cut-short', 'an end that is missing', () => signed().subarray(0, -1)),
  bad('DER_TRAILING_BYTES', 'bytes-after-the-end', 'bytes after the end', () =>
    Buffer.concat([signed(), Uint8Array.of(0)]),
  ),
  bad('DER_LENGTH_INDEFINITE', 'indefinite-length', 'an indefinite length (BER)', () =>
    Buffer.concat([Uint8Array.of(0x30, 0x80), signed().subarray(4), Uint8Array.of(0, 0)]),
  ),
  bad('DER_LENGTH_NOT_MINIMAL', 'length-not-minimal', 'a length with a needless byte (BER)', () => {
    const signature = signed();
    return Buffer.concat([Uint8Array.of(0x30, 0x83, 0), signature.subarray(2)]);
  }),
  bad('DER_TAG', 'octets-in-pieces', 'a string put together from pieces (BER)', () => {
    const value = Buffer.from(signer());
    const at = value.length - 256 - 4;
    const pieces = der(0x24, octets(value.subarray(-256, -128)), octets(value.subarray(-128)));
    // Behind the header of the signer: what stands before the signature value.
    return signed({ signers: [sequence(value.subarray(4, at), pieces)] });
  }),
  bad('DER_UNEXPECTED', 'member-too-many', 'a member that has no place there', () =>
    signed({ content: sequence(oid('1.2.840.113549.1.7.1'), nullValue()) }),
  ),
  bad(
    'DER_VALUE',
    'attribute-not-der',
    'a signed attribute nobody reads with a true that is not written FF (BER)',
    () => withAttribute(der(0x01, Uint8Array.of(1))),
  ),
  bad('DER_VALUE', 'attribute-with-bad-text', 'a signed attribute nobody reads with text that is not UTF-8', () =>
    withAttribute(sequence(der(0x0c, Uint8Array.of(0xc3)))),
  ),
  bad('DER_VALUE', 'boolean-not-ff', 'a true that is not written FF (BER)', () => {
    const loose = sequence(oid(pki.extensionOids.basicConstraints), der(0x01, Uint8Array.of(1)), octets(sequence()));
    const [, ...others] = pki.leafExtensions(leafKey(), rootKey());
    return signed({ certificates: [leaf({ extensions: [loose, ...others] })] });
  }),
  bad('DER_VALUE', 'integer-with-needless-bytes', 'an integer with a needless leading byte (BER)', () =>
    signed({ certificates: [leaf({ serial: der(0x02, Uint8Array.of(0, 0x12, 0x67)) })] }),
  ),
  bad('DER_VALUE', 'default-written', 'a default value that is written out', () => {
    const loose = sequence(oid(pki.extensionOids.subjectKeyId), boolean(false), octets(octets(Uint8Array.of(1))));
    return signed({
      certificates: [leaf({ extensions: [...pki.leafExtensions(leafKey(), rootKey()).slice(0, 3), loose] })],
    });
  }),
  bad('DER_VALUE', 'named-bits-with-trailing-zeros', 'a list of bits that ends with zeros', () => {
    const usage = pki.extension(pki.extensionOids.keyUsage, bits(Uint8Array.of(0x80)), true);
    const [constraints, , ...others] = pki.leafExtensions(leafKey(), rootKey());
    return signed({ certificates: [leaf({ extensions: [constraints!, usage, ...others] })] });
  }),
  bad('DER_SET_ORDER', 'attributes-not-sorted', 'signed attributes that are not in DER order', () =>
    signedBy({
      sorted: false,
      attributes: pki.standardAttributes(content).toSorted((a, b) => b.length - a.length),
    }),
  ),
  bad('DER_SET_ORDER', 'certificate-name-not-sorted', 'a set in a name that is not in DER order', () => {
    const part = (type: string): Uint8Array => sequence(oid(type), der(0x0c, Buffer.from('x')));
    const subject = sequence(der(0x31, part('2.5.4.11'), part('2.5.4.3')));
    return signed({ certificates: [leaf({ subject })] });
  }),
  bad('CMS_NOT_SIGNED_DATA', 'plain-data', 'CMS that is not signed data', () =>
    sequence(oid('1.2.840.113549.1.7.1'), explicit(0, octets(content))),
  ),
  bad('CMS_VERSION', 'version-of-signed-data', 'a version that does not fit what is in it', () =>
    signed({ version: 3 }),
  ),
  bad('CMS_VERSION', 'version-of-signer', 'a version of the signer that does not fit how it is named', () =>
    signedBy({ version: 3 }),
  ),
  bad('CMS_CERTIFICATE_FORMAT', 'attribute-certificate', 'a certificate that is not X.509', () =>
    signed({ certificates: [leaf(), der(0xa2, integer(1))] }),
  ),
];
