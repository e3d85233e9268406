import { createSign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import { der, explicit, integer, nullValue, octets, oid, sequence, setOf } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';

const content = Buffer.from('the manifest\n');

function trustOf(...files: Parameters<typeof pki.anchorsFile>) {
  const parsed = parseAnchors(pki.anchorsFile(...files));
  if (!parsed.ok) throw new Error(parsed.message);
  return { anchors: parsed.anchors, crls: [] };
}

function codeOf(signature: Uint8Array, over: Partial<Parameters<typeof verifyDetached>[0]> = {}): string {
  const result = verifyDetached({
    content,
    signature,
    trust: trustOf(),
    nowMs: pki.nowMs,
    profile: 'codeSigning',
    ...over,
  });
  return result.ok ? 'ok' : result.code;
}

const [contentTypeAttribute, digestAttribute, timeAttribute] = pki.standardAttributes(content) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const withAttributes = (...attributes: readonly Uint8Array[]): Uint8Array =>
  pki.signedData(content, { signers: [pki.signerInfo(content, { attributes })] });
const withSigner = (options: pki.SignerOptions): Uint8Array =>
  pki.signedData(content, { signers: [pki.signerInfo(content, options)] });

describe('a signature that holds', () => {
  it('names its signer, its chain and the anchor', () => {
    const result = verifyDetached({
      content,
      signature: pki.signedData(content),
      trust: trustOf(),
      nowMs: pki.nowMs,
      profile: 'codeSigning',
    });
    expect(result).toMatchObject({
      ok: true,
      signer: { subject: 'CN=Signer', serial: '1267', algorithm: 'ECDSA P-256 with SHA-256', claimedTimeMs: pki.nowMs },
      chain: [{ subject: 'CN=Signer' }, { subject: 'CN=Root' }],
      anchor: 'anchor-0',
      cosigners: [],
    });
  });

  it('may name its signer by subject key identifier', () => {
    const signer = pki.signerInfo(content, { version: 3, id: der(0x80, pki.keyIdOf(pki.keyPair('leaf'))) });
    expect(codeOf(pki.signedData(content, { version: 3, signers: [signer] }))).toBe('ok');
  });

  it('may be RSA, with the hash in the signature algorithm or beside it', () => {
    const key = pki.keyPair('leaf', 'rsa2048');
    const certificates = [pki.certificate({ key })];
    for (const algorithm of [pki.algorithms.rsa, pki.algorithms.rsaSha256]) {
      expect(
        codeOf(pki.signedData(content, { certificates, signers: [pki.signerInfo(content, { key, algorithm })] })),
      ).toBe('ok');
    }
  });

  it('may be ECDSA P-384 with SHA-384', () => {
    const key = pki.keyPair('leaf', 'p384');
    const signer = pki.signerInfo(content, {
      key,
      hash: 'sha384',
      digest: pki.algorithms.sha384,
      algorithm: pki.algorithms.ecdsaSha384,
    });
    const signature = pki.signedData(content, {
      digests: [pki.algorithms.sha384],
      certificates: [pki.certificate({ key })],
      signers: [signer],
    });
    expect(codeOf(signature)).toBe('ok');
  });

  it('may carry the certificate of the anchor itself', () => {
    expect(codeOf(pki.signedData(content, { certificates: [pki.certificate(), pki.rootCertificate()] }))).toBe('ok');
  });
});

describe('the form of signed data', () => {
  const cases: Record<string, [string, Uint8Array]> = {
    'bytes after the end': ['DER_TRAILING_BYTES', Buffer.concat([pki.signedData(content), Uint8Array.of(0)])],
    'other CMS content': ['CMS_NOT_SIGNED_DATA', sequence(oid('1.2.840.113549.1.7.1'), explicit(0, octets(content)))],
    'a version that does not fit': ['CMS_VERSION', pki.signedData(content, { version: 3 })],
    'a signer version that does not fit': ['CMS_VERSION', withSigner({ version: 3 })],
    'another content type': [
      'CMS_CONTENT_TYPE',
      pki.signedData(content, { version: 3, content: sequence(oid('1.2.840.113549.1.9.16.1.4')) }),
    ],
    'embedded content': [
      'CMS_EMBEDDED_CONTENT',
      pki.signedData(content, { content: sequence(oid('1.2.840.113549.1.7.1'), explicit(0, octets(content))) }),
    ],
    'revocation lists': ['CMS_REVOCATION_UNSUPPORTED', pki.signedData(content, { revocation: der(0xa1, sequence()) })],
    'no signer': ['CMS_SIGNER_ABSENT', pki.signedData(content, { signers: [] })],
    'two signers where one is asked for': [
      'CMS_SIGNER_LIMIT',
      pki.signedData(content, { signers: [pki.signerInfo(content), pki.signerInfo(content)] }),
    ],
    'nine signers': [
      'CMS_SIGNER_LIMIT',
      pki.signedData(content, { signers: Array.from({ length: 9 }, () => pki.signerInfo(content)) }),
    ],
    'an attribute certificate': [
      'CMS_CERTIFICATE_FORMAT',
      pki.signedData(content, { certificates: [pki.certificate(), der(0xa2)] }),
    ],
    'a certificate twice': ['CMS_CERTIFICATE_REPEATED', duplicateCertificate()],
    'a certificate without a part': [
      'CMS_CERTIFICATE_UNUSED',
      pki.signedData(content, { certificates: [pki.certificate(), stranger()] }),
    ],
    'a digest listed in vain': [
      'CMS_DIGEST_UNLISTED',
      pki.signedData(content, { digests: [pki.algorithms.sha256, pki.algorithms.sha512] }),
    ],
    'a digest that is not listed': [
      'CMS_DIGEST_UNLISTED',
      pki.signedData(content, { digests: [pki.algorithms.sha512] }),
    ],
    'thirty-three certificates': [
      'CMS_CERTIFICATE_LIMIT',
      pki.signedData(content, { certificates: Array.from({ length: 33 }, () => pki.certificate()) }),
    ],
  };
  it.each(Object.entries(cases))('%s is refused', (_, [code, signature]) => {
    expect(codeOf(signature)).toBe(code);
  });
});

describe('the signer', () => {
  const other = pki.keyPair('other');
  const cases: Record<string, [string, Uint8Array]> = {
    'without its certificate': ['CMS_SIGNER_UNKNOWN', pki.signedData(content, { certificates: [] })],
    'named by another serial': ['CMS_SIGNER_UNKNOWN', withSigner({ id: sequence(pki.name('Root'), integer(4712)) })],
    'named in another spelling of the same name': [
      'CMS_SIGNER_UNKNOWN',
      withSigner({ id: sequence(pki.name('ROOT'), integer(4711)) }),
    ],
    'that two certificates fit': [
      'CMS_SIGNER_AMBIGUOUS',
      pki.signedData(content, { certificates: [pki.certificate(), pki.certificate({ key: other })] }),
    ],
    'with another key': ['CMS_SIGNATURE_INVALID', withSigner({ key: other })],
    'whose signature has padding garbage': ['CMS_SIGNATURE_INVALID', rsaGarbage()],
    'whose RSA signature is shorter than the modulus': ['CMS_SIGNATURE_INVALID', rsaShort()],
    'whose ECDSA signature has bytes to spare': [
      'CMS_SIGNATURE_INVALID',
      withSigner({
        signature: (bytes) =>
          Buffer.concat([createSign('sha256').update(bytes).sign(pki.keyPair('leaf').privateKey), Uint8Array.of(0)]),
      }),
    ],
  };
  it.each(Object.entries(cases))('%s is refused', (_, [code, signature]) => {
    expect(codeOf(signature)).toBe(code);
  });
});

describe('signed attributes', () => {
  const cases: Record<string, [string, Uint8Array]> = {
    'that are absent': ['CMS_SIGNED_ATTRIBUTES_MISSING', withSigner({ attributes: null })],
    'out of DER order': [
      'DER_SET_ORDER',
      withSigner({
        sorted: false,
        attributes: [digestAttribute, contentTypeAttribute, timeAttribute].toSorted((a, b) => b.length - a.length),
      }),
    ],
    'without content type': ['CMS_CONTENT_TYPE_MISSING', withAttributes(digestAttribute)],
    'with another content type': [
      'CMS_CONTENT_TYPE_MISMATCH',
      withAttributes(pki.attribute(pki.attributeOids.contentType, oid('1.2.840.113549.1.7.2')), digestAttribute),
    ],
    'with two content types': [
      'CMS_ATTRIBUTE_REPEATED',
      withAttributes(contentTypeAttribute, contentTypeAttribute, digestAttribute),
    ],
    'with two values of the content type': [
      'CMS_ATTRIBUTE_VALUES',
      withAttributes(
        pki.attribute(pki.attributeOids.contentType, oid('1.2.840.113549.1.7.1'), oid('1.2.840.113549.1.7.1')),
        digestAttribute,
      ),
    ],
    'without message digest': ['CMS_MESSAGE_DIGEST_MISSING', withAttributes(contentTypeAttribute)],
    'with two message digests': [
      'CMS_ATTRIBUTE_REPEATED',
      withAttributes(contentTypeAttribute, digestAttribute, digestAttribute),
    ],
    'with no value of the message digest': [
      'CMS_ATTRIBUTE_VALUES',
      withAttributes(contentTypeAttribute, pki.attribute(pki.attributeOids.messageDigest)),
    ],
    'with the digest of something else': [
      'CMS_MESSAGE_DIGEST_MISMATCH',
      withAttributes(...pki.standardAttributes(Buffer.from('other'))),
    ],
    'with a signing time that does not exist': [
      'DER_VALUE',
      withAttributes(
        contentTypeAttribute,
        digestAttribute,
        pki.attribute(pki.attributeOids.signingTime, der(0x17, Buffer.from('260231000000Z'))),
      ),
    ],
    'beside unsigned ones': ['CMS_UNSIGNED_ATTRIBUTES', withSigner({ unsigned: explicit(1, timeAttribute) })],
  };
  it.each(Object.entries(cases))('%s are refused', (_, [code, signature]) => {
    expect(codeOf(signature)).toBe(code);
  });

  it('that were stripped and presented as content are refused', () => {
    // The signature then covers what now poses as the content (RFC 5652, security considerations).
    const attributes = setOf(...pki.standardAttributes(content));
    const signature = pki.signedData(attributes, { signers: [pki.signerInfo(attributes, { attributes: null })] });
    expect(codeOf(signature, { content: attributes })).toBe('CMS_SIGNED_ATTRIBUTES_MISSING');
  });

  it('decide nothing by their time: a signature claims to be made while its certificate was valid', () => {
    expect(codeOf(pki.signedData(content), { nowMs: pki.nowMs + 60 * 86_400_000 })).toMatch(/EXPIRED/u);
  });

  it('of other types are accepted', () => {
    expect(
      codeOf(withAttributes(contentTypeAttribute, digestAttribute, pki.attribute('1.2.840.113549.1.9.15', sequence()))),
    ).toBe('ok');
  });
});

describe('algorithms', () => {
  const cases: Record<string, [string, Uint8Array]> = {
    'SHA-1 as digest': ['ALGORITHM_UNSUPPORTED', withSigner({ digest: pki.algorithms.sha1 })],
    'SHA-1 with RSA': ['ALGORITHM_UNSUPPORTED', withSigner({ algorithm: pki.algorithms.rsaSha1 })],
    'RSA-PSS': ['ALGORITHM_UNSUPPORTED', withSigner({ algorithm: pki.algorithms.rsaPss })],
    'RSA without NULL': ['ALGORITHM_PARAMETERS', withSigner({ algorithm: sequence(oid('1.2.840.113549.1.1.11')) })],
    'ECDSA with parameters': [
      'ALGORITHM_PARAMETERS',
      withSigner({ algorithm: sequence(oid('1.2.840.10045.4.3.2'), nullValue()) }),
    ],
    'a digest with parameters': [
      'ALGORITHM_PARAMETERS',
      withSigner({ digest: sequence(oid('2.16.840.1.101.3.4.2.1'), integer(1)) }),
    ],
    'hashes that differ': ['CMS_DIGEST_MISMATCH', withSigner({ algorithm: pki.algorithms.ecdsaSha384 })],
    'an algorithm that does not fit the key': [
      'CMS_SIGNATURE_INVALID',
      withSigner({ algorithm: pki.algorithms.rsaSha256 }),
    ],
  };
  it.each(Object.entries(cases))('%s: refused', (_, [code, signature]) => {
    expect(codeOf(signature)).toBe(code);
  });
});

describe('several signers', () => {
  const second = pki.keyPair('second');
  const secondCertificate = pki.certificate({ key: second, serial: integer(4712), subject: pki.name('Second') });
  const secondSigner = (key = second): Uint8Array =>
    pki.signerInfo(content, { key, id: sequence(pki.name('Root'), integer(4712)) });
  const trust = trustOf([pki.rootCertificate()], 2);

  it('hold when as many keys signed as the anchors file asks for', () => {
    const signature = pki.signedData(content, {
      certificates: [pki.certificate(), secondCertificate],
      signers: [pki.signerInfo(content), secondSigner()],
    });
    expect(codeOf(signature, { trust })).toBe('ok');
  });

  it('are too few when one is missing', () => {
    expect(codeOf(pki.signedData(content), { trust })).toBe('CMS_SIGNER_TOO_FEW');
  });

  it('are refused when any of them fails', () => {
    const signature = pki.signedData(content, {
      certificates: [pki.certificate(), secondCertificate],
      signers: [pki.signerInfo(content), secondSigner(pki.keyPair('other'))],
    });
    expect(codeOf(signature, { trust })).toBe('CMS_SIGNATURE_INVALID');
  });

  it('are refused when one key signs twice under two certificates', () => {
    const again = pki.certificate({ serial: integer(4712), subject: pki.name('Alias') });
    const signature = pki.signedData(content, {
      certificates: [pki.certificate(), again],
      signers: [pki.signerInfo(content), secondSigner(pki.keyPair('leaf'))],
    });
    expect(codeOf(signature, { trust })).toBe('CMS_SIGNER_REPEATED');
  });
});

function duplicateCertificate(): Uint8Array {
  const certificate = pki.certificate();
  return pki.signedData(content, { certificates: [certificate, certificate] });
}

function stranger(): Uint8Array {
  return pki.certificate({ serial: integer(1), subject: pki.name('Stranger'), key: pki.keyPair('other') });
}

function rsaSigned(change: (signature: Buffer) => Uint8Array): Uint8Array {
  const key = pki.keyPair('leaf', 'rsa2048');
  const signature = (bytes: Uint8Array): Uint8Array => change(createSign('sha256').update(bytes).sign(key.privateKey));
  return pki.signedData(content, {
    certificates: [pki.certificate({ key })],
    signers: [pki.signerInfo(content, { key, signature })],
  });
}

function rsaShort(): Uint8Array {
  return rsaSigned((signature) => signature.subarray(1));
}

/** A signature whose padded block is not what PKCS#1 v1.5 prescribes: made with another padding. */
function rsaGarbage(): Uint8Array {
  const key = pki.keyPair('leaf', 'rsa2048');
  const signature = (bytes: Uint8Array): Uint8Array =>
    createSign('sha256').update(bytes).sign({ key: key.privateKey, padding: 6 });
  return pki.signedData(content, {
    certificates: [pki.certificate({ key })],
    signers: [pki.signerInfo(content, { key, signature })],
  });
}
