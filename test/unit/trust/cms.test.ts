import { constants, createHash, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import { der, explicit, integer, octets, oid, sequence } from '../../support/der.ts';
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

const [contentTypeAttribute, digestAttribute] = pki.standardAttributes(content) as [Uint8Array, Uint8Array];
const withAttributes = (...attributes: readonly Uint8Array[]): Uint8Array =>
  pki.signedData(content, { signers: [pki.signerInfo(content, { attributes })] });

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
      timestamp: null,
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

  it('may be RSA-PSS with a salt as long as the hash', () => {
    const key = pki.keyPair('leaf', 'rsa2048');
    const sha384 = pki.algorithms.sha384;
    const mask = sequence(oid('1.2.840.113549.1.1.8'), sha384);
    const parameters = sequence(explicit(0, sha384), explicit(1, mask), explicit(2, integer(48)));
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const signer = pki.signerInfo(content, {
      key,
      hash: 'sha384',
      digest: sha384,
      algorithm: sequence(oid('1.2.840.113549.1.1.10'), parameters),
      signature: (bytes) => sign('sha384', bytes, { key: key.privateKey, padding, saltLength: 48 }),
    });
    const certificates = [pki.certificate({ key })];
    expect(codeOf(pki.signedData(content, { digests: [sha384], certificates, signers: [signer] }))).toBe('ok');
  });

  it('may be Ed25519 with SHA-512, under an authority with such a key', () => {
    const key = pki.keyPair('leaf', 'ed25519');
    const rootKey = pki.keyPair('root', 'ed25519');
    const digest = pki.algorithms.sha512;
    const signer = pki.signerInfo(content, { key, hash: 'sha512', digest });
    const certificates = [pki.certificate({ key, issuerKey: rootKey })];
    const signature = pki.signedData(content, { digests: [digest], certificates, signers: [signer] });
    const trust = trustOf([pki.rootCertificate({ key: rootKey })]);
    const input = { content, signature, trust, nowMs: pki.nowMs, profile: 'codeSigning' } as const;
    expect(verifyDetached(input)).toMatchObject({ ok: true, signer: { algorithm: 'Ed25519 with SHA-512' } });
  });

  it('may carry the certificate of the anchor itself', () => {
    expect(codeOf(pki.signedData(content, { certificates: [pki.certificate(), pki.rootCertificate()] }))).toBe('ok');
  });
});

describe('signed attributes', () => {
  it('of other types are accepted', () => {
    const more = pki.attribute('1.2.840.113549.1.9.15', sequence());
    expect(codeOf(withAttributes(contentTypeAttribute, digestAttribute, more))).toBe('ok');
  });

  it.each(['signingCertificate', 'signingCertificateV2'] as const)(
    'may name the certificate of the signer (%s)',
    (type) => {
      const certificate = pki.certificate();
      const hash = createHash(type === 'signingCertificate' ? 'sha1' : 'sha256')
        .update(certificate)
        .digest();
      const issuerSerial = sequence(sequence(explicit(4, pki.name('Root'))), integer(4711));
      const named = pki.attribute(pki.attributeOids[type], sequence(sequence(sequence(octets(hash), issuerSerial))));
      const attributes = [contentTypeAttribute, digestAttribute, named];
      const signers = [pki.signerInfo(content, { attributes })];
      expect(codeOf(pki.signedData(content, { certificates: [certificate], signers }))).toBe('ok');
    },
  );
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
