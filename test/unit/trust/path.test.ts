import { describe, expect, it } from 'vitest';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import {
  bits,
  boolean,
  explicit,
  integer,
  nullValue,
  octets,
  oid,
  printable,
  sequence,
  setOf,
  time,
} from '../../support/der.ts';
import * as pki from '../../support/pki.ts';
import { generalName } from '../../support/pki-constraints.ts';

const content = Buffer.from('the manifest\n');
const day = 86_400_000;
const { extensions, extension, purposeOids } = pki;

interface Setting {
  readonly leaf?: pki.CertificateOptions;
  /** Further certificates in the signature. */
  readonly others?: readonly Uint8Array[];
  readonly anchors?: readonly Uint8Array[];
  readonly nowMs?: number;
  readonly profile?: 'codeSigning' | 'rfc5280';
  readonly signer?: Uint8Array;
}

function codeOf(setting: Setting): string {
  const anchors = parseAnchors(pki.anchorsFile(setting.anchors ?? [pki.rootCertificate()]));
  if (!anchors.ok) return anchors.code;
  const key = setting.leaf?.key ?? pki.keyPair('leaf');
  const id =
    setting.signer ?? sequence(setting.leaf?.issuer ?? pki.name('Root'), setting.leaf?.serial ?? integer(4711));
  const result = verifyDetached({
    content,
    signature: pki.signedData(content, {
      certificates: [pki.certificate(setting.leaf), ...(setting.others ?? [])],
      signers: [pki.signerInfo(content, { key, id })],
    }),
    trust: { anchors: anchors.anchors, crls: [] },
    nowMs: setting.nowMs ?? pki.nowMs,
    profile: setting.profile ?? 'codeSigning',
  });
  return result.ok ? 'ok' : result.code;
}

const leafKey = pki.keyPair('leaf');
const rootKey = pki.keyPair('root');
const middleKey = pki.keyPair('middle');
const middle = (options: pki.CertificateOptions = {}): Uint8Array =>
  pki.certificate({
    subject: pki.name('Middle'),
    serial: integer(2),
    key: middleKey,
    extensions: pki.caExtensions(middleKey, rootKey),
    ...options,
  });
const belowMiddle: pki.CertificateOptions = { issuer: pki.name('Middle'), issuerKey: middleKey };
const leafWith = (...list: readonly Uint8Array[]): pki.CertificateOptions => ({ extensions: list });
const usual = [extensions.notCa(), extensions.digitalSignature(), extensions.purposes(purposeOids.codeSigning)];

describe('a path that holds', () => {
  it('goes through an intermediate authority', () => {
    expect(codeOf({ leaf: belowMiddle, others: [middle()] })).toBe('ok');
  });

  it('finds the right one of two authorities of one name', () => {
    const impostor = pki.keyPair('impostor');
    const twin = middle({ key: impostor, serial: integer(3), extensions: pki.caExtensions(impostor, rootKey) });
    // The twin has no part in the path, which only the stricter profile refuses.
    expect(codeOf({ leaf: belowMiddle, others: [twin, middle()], profile: 'rfc5280' })).toBe('ok');
    expect(codeOf({ leaf: belowMiddle, others: [twin, middle()] })).toBe('CMS_CERTIFICATE_UNUSED');
  });

  it('compares names without regard to case, spaces and string type', () => {
    const spelled = sequence(setOf(sequence(oid('2.5.4.3'), printable('  ROOT '))));
    expect(codeOf({ leaf: { issuer: spelled } })).toBe('ok');
  });

  it('does not count self-issued authorities against the path length', () => {
    const renewed = pki.keyPair('renewed');
    const root = pki.rootCertificate({ extensions: pki.caExtensions(rootKey, rootKey, 0) });
    const selfIssued = pki.certificate({
      subject: pki.name('Root'),
      serial: integer(9),
      key: renewed,
      extensions: pki.caExtensions(renewed, rootKey),
    });
    expect(codeOf({ anchors: [root], leaf: { issuerKey: renewed }, others: [selfIssued] })).toBe('ok');
  });

  it('holds at both ends of the validity', () => {
    expect(codeOf({ leaf: { notBefore: time(pki.nowMs) } })).toBe('ok');
    expect(codeOf({ leaf: { notAfter: time(pki.nowMs) } })).toBe('ok');
  });
});

describe('anchors', () => {
  const strangerKey = pki.keyPair('stranger');
  const strangerRoot = pki.rootCertificate({ key: strangerKey });
  const cases: Record<string, [string, Setting]> = {
    'matched by name only': ['ANCHOR_KEY_MISMATCH', { leaf: { issuerKey: strangerKey } }],
    'matched by name only, with the namesake in the signature': [
      'ANCHOR_KEY_MISMATCH',
      { leaf: { issuerKey: strangerKey }, others: [strangerRoot] },
    ],
    'of another authority': ['PATH_NO_ANCHOR', { leaf: { issuer: pki.name('Elsewhere'), issuerKey: strangerKey } }],
    'not even named: a self-signed stranger': [
      'PATH_SELF_SIGNED',
      {
        leaf: { issuer: pki.name('Signer'), issuerKey: leafKey, extensions: usual },
        signer: sequence(pki.name('Signer'), integer(4711)),
      },
    ],
    'that have expired': ['ANCHOR_EXPIRED', { anchors: [pki.rootCertificate({ notAfter: time(pki.nowMs - day) })] }],
    'that are not valid yet': [
      'ANCHOR_NOT_YET_VALID',
      { anchors: [pki.rootCertificate({ notBefore: time(pki.nowMs + day) })] },
    ],
  };
  it.each(Object.entries(cases))('%s are refused', (_, [code, setting]) => {
    expect(codeOf(setting)).toBe(code);
  });
});

describe('the leaf', () => {
  const cases: Record<string, [string, Setting]> = {
    'not valid yet': ['CERT_NOT_YET_VALID', { leaf: { notBefore: time(pki.nowMs + 1000) } }],
    expired: ['CERT_EXPIRED', { leaf: { notAfter: time(pki.nowMs - 1000) } }],
    'ending before it starts': [
      'CERT_VALIDITY',
      { leaf: { notBefore: time(pki.nowMs), notAfter: time(pki.nowMs - day) } },
    ],
    'with an unknown critical extension': [
      'CERT_EXTENSION_CRITICAL',
      { leaf: leafWith(...usual, extension('1.2.3.4', nullValue(), true)) },
    ],
    'with critical policies that list none': [
      'DER_UNEXPECTED',
      { leaf: leafWith(...usual, extension('2.5.29.32', sequence(), true)) },
    ],
    'with an extension twice': ['CERT_EXTENSION_REPEATED', { leaf: leafWith(...usual, extensions.notCa()) }],
    'without key usage': [
      'CERT_KEY_USAGE_DIGITAL_SIGNATURE',
      { leaf: leafWith(extensions.purposes(purposeOids.codeSigning)) },
    ],
    'that may commit to content, and not sign': [
      'CERT_KEY_USAGE_DIGITAL_SIGNATURE',
      {
        leaf: leafWith(
          extension(pki.extensionOids.keyUsage, bits(Uint8Array.of(0x40), 6), true),
          extensions.purposes(purposeOids.codeSigning),
        ),
      },
    ],
    'that may not sign': [
      'CERT_KEY_USAGE_DIGITAL_SIGNATURE',
      { leaf: leafWith(extensions.keyCertSign(), extensions.purposes(purposeOids.codeSigning)) },
    ],
    'without purpose': ['CERT_EKU_MISSING', { leaf: leafWith(extensions.digitalSignature()) }],
    'for any purpose': [
      'CERT_EKU_ANY',
      { leaf: leafWith(extensions.digitalSignature(), extensions.purposes(purposeOids.any)) },
    ],
    'for any purpose beside code signing': [
      'CERT_EKU_ANY',
      { leaf: leafWith(extensions.digitalSignature(), extensions.purposes(purposeOids.codeSigning, purposeOids.any)) },
    ],
    'for servers': [
      'CERT_EKU_NOT_CODE_SIGNING',
      { leaf: leafWith(extensions.digitalSignature(), extensions.purposes(purposeOids.serverAuth)) },
    ],
    'that is an authority': [
      'CERT_LEAF_IS_CA',
      { leaf: leafWith(extensions.ca(), extensions.digitalSignature(), extensions.purposes(purposeOids.codeSigning)) },
    ],
    'with two algorithms': ['CERT_ALGORITHM_MISMATCH', { leaf: { innerAlgorithm: pki.algorithms.rsaSha256 } }],
    'signed with SHA-1': [
      'ALGORITHM_SHA1',
      { leaf: { algorithm: pki.algorithms.rsaSha1, issuerKey: pki.keyPair('root', 'rsa2048'), hash: 'sha1' } },
    ],
    'with a serial of 21 octets': [
      'CERT_SERIAL',
      { leaf: { serial: integer(2n ** 160n) }, signer: sequence(pki.name('Root'), integer(2n ** 160n)) },
    ],
    'that writes a default': [
      'DER_VALUE',
      { leaf: leafWith(...usual, sequence(oid('1.2.3.4'), boolean(false), octets(nullValue()))) },
    ],
  };
  it.each(Object.entries(cases))('%s is refused', (_, [code, setting]) => {
    expect(codeOf(setting)).toBe(code);
  });

  it('may be named by critical alternative names alone, and by dates after 2049', () => {
    const altNames = extension('2.5.29.17', sequence(generalName.dns('signer.example')), true);
    expect(codeOf({ leaf: { subject: sequence(), ...leafWith(...usual, altNames) } })).toBe('ok');
    expect(codeOf({ leaf: { notAfter: time(Date.UTC(2051, 0)) } })).toBe('ok');
  });

  it('of version 1 is fine only where no purpose is asked for', () => {
    const leaf = { version: [], extensions: [] };
    expect(codeOf({ leaf, profile: 'rfc5280' })).toBe('ok');
    expect(codeOf({ leaf })).toBe('CERT_KEY_USAGE_DIGITAL_SIGNATURE');
  });

  it('with extensions but version 1 is refused', () => {
    expect(codeOf({ leaf: { version: [] } })).toBe('CERT_VERSION');
    expect(codeOf({ leaf: { version: [explicit(0, integer(3))] } })).toBe('CERT_VERSION');
  });
});

describe('an issuer', () => {
  const middleWith = (...list: readonly Uint8Array[]): Setting => ({
    leaf: belowMiddle,
    others: [middle({ extensions: list })],
  });
  const second = pki.keyPair('second-middle');
  const secondMiddle = pki.certificate({
    subject: pki.name('Second'),
    issuer: pki.name('Middle'),
    issuerKey: middleKey,
    key: second,
    serial: integer(5),
    extensions: pki.caExtensions(second, middleKey),
  });
  const belowSecond = { issuer: pki.name('Second'), issuerKey: second };
  const cases: Record<string, [string, Setting]> = {
    'without basic constraints': ['CERT_NOT_CA', middleWith(extensions.keyCertSign())],
    'that is no authority': ['CERT_NOT_CA', middleWith(extensions.notCa(), extensions.keyCertSign())],
    'without key usage': ['CERT_KEY_USAGE_CERT_SIGN', middleWith(extensions.ca())],
    'that may not sign certificates': [
      'CERT_KEY_USAGE_CERT_SIGN',
      middleWith(extensions.ca(), extensions.digitalSignature()),
    ],
    'narrowed to servers': [
      'CERT_EKU_NARROWED',
      middleWith(extensions.ca(), extensions.keyCertSign(), extensions.purposes(purposeOids.serverAuth)),
    ],
    'with name constraints that constrain nothing': [
      'NAME_CONSTRAINT_MALFORMED',
      middleWith(extensions.ca(), extensions.keyCertSign(), extension(pki.extensionOids.nameConstraints, sequence())),
    ],
    'beyond the path length of the anchor': [
      'CERT_PATH_LENGTH',
      {
        leaf: belowMiddle,
        others: [middle()],
        anchors: [pki.rootCertificate({ extensions: pki.caExtensions(rootKey, rootKey, 0) })],
      },
    ],
    'beyond the path length of another': [
      'CERT_PATH_LENGTH',
      { leaf: belowSecond, others: [secondMiddle, middle({ extensions: pki.caExtensions(middleKey, rootKey, 0) })] },
    ],
    'that has expired': ['CERT_EXPIRED', { leaf: belowMiddle, others: [middle({ notAfter: time(pki.nowMs - day) })] }],
    'that did not sign': [
      'CERT_SIGNATURE_INVALID',
      { leaf: { issuer: pki.name('Middle'), issuerKey: second }, others: [middle()] },
    ],
    'that nobody vouches for': [
      'PATH_NO_ANCHOR',
      { leaf: belowMiddle, others: [middle({ issuer: pki.name('Elsewhere') })] },
    ],
  };
  it.each(Object.entries(cases))('%s is refused', (_, [code, setting]) => {
    expect(codeOf(setting)).toBe(code);
  });

  it('narrowed to code signing among others is accepted', () => {
    const purposes = extensions.purposes(purposeOids.serverAuth, purposeOids.codeSigning);
    expect(codeOf(middleWith(extensions.ca(), extensions.keyCertSign(), purposes))).toBe('ok');
  });

  it('in a loop leads nowhere', () => {
    const first = middle({ issuer: pki.name('Second'), issuerKey: second });
    expect(codeOf({ leaf: belowSecond, others: [secondMiddle, first] })).toBe('PATH_LOOP');
  });

  it('too deep is refused', () => {
    const keys = Array.from({ length: 9 }, (_, index) => pki.keyPair(`depth-${index}`));
    const chain = keys.map((key, index) => {
      const issuerKey = keys[index + 1] ?? rootKey;
      const issuer = index === 8 ? pki.name('Root') : pki.name(`Depth ${index + 1}`);
      return pki.certificate({
        subject: pki.name(`Depth ${index}`),
        issuer,
        issuerKey,
        key,
        serial: integer(100 + index),
        extensions: pki.caExtensions(key, issuerKey),
      });
    });
    expect(codeOf({ leaf: { issuer: pki.name('Depth 0'), issuerKey: keys[0]! }, others: chain })).toBe('PATH_TOO_LONG');
  });

  it('in a thicket of namesakes is given up on', () => {
    const others = Array.from({ length: 30 }, (_, index) => {
      const key = pki.keyPair(`thicket-${index}`);
      return pki.certificate({
        subject: pki.name('Root'),
        serial: integer(200 + index),
        key,
        issuerKey: middleKey,
        extensions: pki.caExtensions(key, middleKey),
      });
    });
    expect(codeOf({ leaf: { issuerKey: middleKey }, others })).toBe('PATH_TOO_COMPLEX');
  });
});

describe('keys', () => {
  const rsa = pki.keyPair('leaf', 'rsa2048');
  const rsaKey = (modulus: bigint, exponent: number | bigint): Uint8Array =>
    sequence(pki.algorithms.rsa, bits(sequence(integer(modulus), integer(exponent))));
  const modulus = BigInt(`0x${Buffer.from(rsa.publicKey.export({ format: 'jwk' }).n!, 'base64url').toString('hex')}`);
  const point = Buffer.from(pki.spkiOf(leafKey)).subarray(-65);
  const cases: Record<string, [string, Uint8Array]> = {
    'RSA below 2048 bits': ['KEY_WEAK', pki.spkiOf(pki.keyPair('weak', 'rsa1024'))],
    'RSA with exponent 1': ['KEY_EXPONENT', rsaKey(modulus, 1)],
    'RSA with an even exponent': ['KEY_EXPONENT', rsaKey(modulus, 65_536)],
    'RSA with an exponent of more than 64 bits': ['KEY_EXPONENT', rsaKey(modulus, 2n ** 64n + 1n)],
    'Ed25519 that is not reduced': ['KEY_MALFORMED', edwards(Buffer.from(`f1${'ff'.repeat(30)}7f`, 'hex'))],
    'Ed25519 that is not reduced, and of small order': [
      'KEY_MALFORMED',
      edwards(Buffer.from(`ee${'ff'.repeat(30)}7f`, 'hex')),
    ],
    'RSA with an even modulus': ['KEY_MALFORMED', rsaKey(modulus - 1n, 65_537)],
    'RSA without NULL': [
      'ALGORITHM_PARAMETERS',
      sequence(sequence(oid('1.2.840.113549.1.1.1')), bits(sequence(integer(modulus), integer(3)))),
    ],
    X25519: ['KEY_UNSUPPORTED', sequence(sequence(oid('1.3.101.110')), bits(Buffer.alloc(32, 9)))],
    'another curve': ['KEY_UNSUPPORTED', pki.spkiOf(pki.keyPair('koblitz', 'secp256k1'))],
    'a curve spelled out': [
      'ALGORITHM_PARAMETERS',
      sequence(sequence(oid('1.2.840.10045.2.1'), sequence()), bits(point)),
    ],
    'a compressed point': [
      'KEY_MALFORMED',
      curve('1.2.840.10045.3.1.7', Buffer.concat([Uint8Array.of(2 + (point[64]! & 1)), point.subarray(1, 33)])),
    ],
    'a point off the curve': [
      'KEY_MALFORMED',
      curve('1.2.840.10045.3.1.7', Buffer.concat([point.subarray(0, 64), Uint8Array.of(point[64]! ^ 1)])),
    ],
  };
  it.each(Object.entries(cases))('%s: refused', (_, [code, spki]) => {
    expect(codeOf({ leaf: { spki } })).toBe(code);
  });
});

function edwards(point: Uint8Array): Uint8Array {
  return sequence(sequence(oid('1.3.101.112')), bits(point));
}

function curve(oidText: string, bytes: Uint8Array): Uint8Array {
  return sequence(sequence(oid('1.2.840.10045.2.1'), oid(oidText)), bits(bytes));
}
