/** Certificates and paths that are wrong in one thing: their form, their place in the path, or the path itself. */
import { boolean, explicit, integer, nullValue, octets, oid, printable, sequence, setOf, time } from '../der.ts';
import * as pki from '../pki.ts';
import { generalName, subjectAltNames } from '../pki-constraints.ts';
import { badConstraints } from './bad-constraints.ts';
import type { BadFixture } from './bad-fixture.ts';
import { badLists } from './bad-lists.ts';
import { bad, dayMs, keys, middleCertificate, type PathSetting, rootCertificate } from './path-stage.ts';

const { extension, extensions, purposeOids } = pki;
const { ca, digitalSignature, keyCertSign, notCa, purposes } = extensions;
const leafOnly = (...list: readonly Uint8Array[]): PathSetting => ({ leaf: { extensions: list } });
const middleOnly = (...list: readonly Uint8Array[]): PathSetting => ({ middle: { extensions: list } });
const codeSigning = purposes(purposeOids.codeSigning);

/** An authority under the usual one, and the signer under that. */
const belowSecond = (): PathSetting => ({
  leaf: { issuer: pki.name('Second'), issuerKey: keys.second() },
  others: [second()],
});
const second = (): Uint8Array =>
  middleCertificate({
    subject: pki.name('Second'),
    issuer: pki.name('Middle'),
    issuerKey: keys.middle(),
    key: keys.second(),
    serial: integer(3),
  });

const form: readonly BadFixture[] = [
  bad('CERT_VERSION', 'version-1-with-extensions', 'a certificate of version 1 with extensions', () => ({
    leaf: { version: [] },
  })),
  bad('CERT_VERSION', 'version-4', 'a certificate of version 4', () => ({
    leaf: { version: [explicit(0, integer(3))] },
  })),
  bad('CERT_VERSION', 'issuer-of-version-1', 'an authority of version 1', () => ({
    middle: { version: [], extensions: [] },
  })),
  bad('CERT_SERIAL', 'serial-too-long', 'a serial number of 21 octets', () => ({
    leaf: { serial: integer(2n ** 160n) },
  })),
  bad('CERT_ISSUER_EMPTY', 'issuer-empty', 'a certificate that names no issuer', () => ({
    leaf: { issuer: sequence() },
  })),
  bad('CERT_SUBJECT_EMPTY', 'subject-empty', 'a certificate that names no subject', () => ({
    leaf: { subject: sequence() },
  })),
  bad(
    'CERT_SUBJECT_EMPTY',
    'subject-empty-names-not-critical',
    'one whose alternative names may be passed over',
    () => ({
      leaf: { subject: sequence(), more: [subjectAltNames(generalName.dns('signer.example'))] },
    }),
  ),
  bad('CERT_VALIDITY', 'validity-reversed', 'a certificate that ends before it starts', () => ({
    leaf: { notBefore: time(pki.nowMs), notAfter: time(pki.nowMs - dayMs) },
  })),
  bad('CERT_ALGORITHM_MISMATCH', 'two-algorithms', 'a certificate that names two algorithms', () => ({
    leaf: { innerAlgorithm: pki.algorithms.ecdsaSha256 },
  })),
  bad('CERT_EXTENSION_REPEATED', 'extension-twice', 'a certificate with an extension twice', () => ({
    leaf: { more: [notCa()] },
  })),
  bad('CERT_EXTENSION_CRITICAL', 'extension-critical', 'an unknown critical extension', () => ({
    leaf: { more: [extension('1.2.3.4', nullValue(), true)] },
  })),
  bad(
    'CERT_EXTENSION_CRITICAL',
    'issuer-extension-critical',
    'an authority with an unknown critical extension',
    () => ({
      middle: { more: [extension('1.2.3.4', nullValue(), true)] },
    }),
  ),
  bad('DER_VALUE', 'extension-default-written', 'an extension that writes a default value', () => ({
    leaf: { more: [sequence(oid('1.2.3.4'), boolean(false), octets(nullValue()))] },
  })),
  bad('DER_VALUE', 'name-beyond-its-alphabet', 'a name with a character that its string type has not', () => ({
    leaf: { subject: sequence(setOf(sequence(oid('2.5.4.3'), printable('a@b')))) },
  })),
  bad('DER_VALUE', 'validity-with-fraction', 'a date with fractions of a second', () => ({
    leaf: { notAfter: Buffer.concat([Uint8Array.of(0x18, 17), Buffer.from('20270101000000.5Z')]) },
  })),
];

const use: readonly BadFixture[] = [
  bad('CERT_NOT_YET_VALID', 'not-yet-valid', 'a signer that is not valid yet', () => ({
    leaf: { notBefore: time(pki.nowMs + 1000) },
  })),
  bad('CERT_EXPIRED', 'expired', 'a signer that has expired', () => ({ leaf: { notAfter: time(pki.nowMs - 1000) } })),
  bad('CERT_EXPIRED', 'issuer-expired', 'an authority that has expired', () => ({
    middle: { notAfter: time(pki.nowMs - 1000) },
  })),
  bad('CERT_SIGNATURE_INVALID', 'signed-by-another', 'a signer that its authority did not sign', () => ({
    leaf: { issuerKey: keys.other() },
  })),
  bad('CERT_NOT_CA', 'issuer-without-basic-constraints', 'an issuer that does not say it is an authority', () =>
    middleOnly(keyCertSign()),
  ),
  bad('CERT_NOT_CA', 'issuer-no-authority', 'an issuer that says it is no authority', () =>
    middleOnly(notCa(), keyCertSign()),
  ),
  bad('CERT_KEY_USAGE_CERT_SIGN', 'issuer-without-key-usage', 'an authority without key usage', () => middleOnly(ca())),
  bad('CERT_KEY_USAGE_CERT_SIGN', 'issuer-may-not-sign', 'an authority whose key may not sign certificates', () =>
    middleOnly(ca(), digitalSignature()),
  ),
  bad('CERT_PATH_LENGTH', 'path-longer-than-allowed', 'an authority below one that allows none', () => ({
    ...belowSecond(),
    middle: { extensions: [ca(0), keyCertSign()] },
  })),
  bad('CERT_PATH_LENGTH', 'path-longer-than-anchor-allows', 'an authority below an anchor that allows none', () => ({
    root: { extensions: [ca(0), keyCertSign()] },
  })),
  bad('CERT_KEY_USAGE_DIGITAL_SIGNATURE', 'leaf-may-not-sign', 'a signer whose key may not sign', () =>
    leafOnly(keyCertSign(), codeSigning),
  ),
  bad('CERT_KEY_USAGE_DIGITAL_SIGNATURE', 'leaf-without-key-usage', 'a signer without key usage', () =>
    leafOnly(codeSigning),
  ),
  bad('CERT_EKU_MISSING', 'eku-missing', 'a signer without a purpose', () => leafOnly(digitalSignature())),
  bad('CERT_EKU_ANY', 'eku-any', 'a signer for any purpose', () =>
    leafOnly(digitalSignature(), purposes(purposeOids.codeSigning, purposeOids.any)),
  ),
  bad('CERT_EKU_NOT_CODE_SIGNING', 'eku-for-servers', 'a signer that is a server', () =>
    leafOnly(digitalSignature(), purposes(purposeOids.serverAuth)),
  ),
  bad('CERT_EKU_NARROWED', 'eku-narrowed', 'an authority for servers', () => ({
    middle: { more: [purposes(purposeOids.serverAuth)] },
  })),
  bad('CERT_PATH_LENGTH_WITHOUT_CA', 'path-length-without-authority', 'a signer that limits what stands below it', () =>
    leafOnly(extension('2.5.29.19', sequence(integer(3)), true), digitalSignature(), codeSigning),
  ),
  bad('CERT_EKU_NARROWED', 'anchor-narrowed', 'an anchor for servers', () => ({
    root: { more: [purposes(purposeOids.serverAuth)] },
  })),
  bad('CERT_LEAF_IS_CA', 'leaf-is-authority', 'a signer that is an authority', () =>
    leafOnly(ca(), digitalSignature(), codeSigning),
  ),
];

const path: readonly BadFixture[] = [
  bad('PATH_NO_ANCHOR', 'anchor-unknown', 'a signer of an authority nobody vouches for', () => ({
    middle: { issuer: pki.name('Elsewhere'), issuerKey: keys.other() },
  })),
  bad('PATH_NO_ANCHOR', 'names-in-other-order', 'an issuer whose name has its parts in another order', () => ({
    middle: null,
    leaf: { issuer: sequence(...['Root', 'Root'].map(() => pki.name('Root').subarray(2))) },
  })),
  bad('PATH_SELF_SIGNED', 'self-signed-stranger', 'a signer that vouches for itself', () => ({
    middle: null,
    leaf: { issuer: pki.name('Signer'), issuerKey: keys.leaf() },
  })),
  bad('PATH_LOOP', 'loop', 'authorities that vouch for each other', () => ({
    ...belowSecond(),
    middle: { issuer: pki.name('Second'), issuerKey: keys.second() },
  })),
  bad('PATH_TOO_LONG', 'path-too-deep', 'more authorities than a path may have', () => ({
    leaf: { issuer: pki.name('Depth 0') },
    others: Array.from({ length: 8 }, (_, index) =>
      middleCertificate({
        subject: pki.name(`Depth ${index}`),
        issuer: pki.name(index === 7 ? 'Middle' : `Depth ${index + 1}`),
        issuerKey: keys.middle(),
        serial: integer(100 + index),
      }),
    ),
  })),
  bad('PATH_TOO_COMPLEX', 'thicket', 'more ways to an anchor than anybody has', () => ({
    middle: null,
    leaf: { issuerKey: keys.other() },
    others: Array.from({ length: 30 }, (_, index) =>
      middleCertificate({
        subject: pki.name('Root'),
        key: pki.keyPair(`thicket-${index}`),
        issuerKey: keys.other(),
        serial: integer(200 + index),
      }),
    ),
  })),
  bad('ANCHOR_KEY_MISMATCH', 'anchor-by-name-only', 'an anchor matched by name, not by key', () => ({
    middle: null,
    leaf: { issuerKey: keys.other() },
    others: [rootCertificate({ key: keys.other() })],
  })),
  bad('ANCHOR_EXPIRED', 'anchor-expired', 'an anchor that has expired', () => ({
    root: { notAfter: time(pki.nowMs - dayMs) },
  })),
  bad('ANCHOR_NOT_YET_VALID', 'anchor-not-yet-valid', 'an anchor that is not valid yet', () => ({
    root: { notBefore: time(pki.nowMs + dayMs) },
  })),
];

export const badCertificates: readonly BadFixture[] = [...form, ...use, ...path, ...badConstraints, ...badLists];
