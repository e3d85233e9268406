/** What a hostile signature can make a verifier do, counted in signature checks. */
import { describe, expect, test } from 'vitest';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { signatureBudget, type SignatureBudget, withinBudget } from '../../../src/trust/x509/signature-budget.ts';
import { integer, sequence, setOf, oid, time, utf8 } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';
import { generalName, nameConstraints, subjectAltNames } from '../../support/pki-constraints.ts';
import { testTrust } from '../../support/releases.ts';

const content = Buffer.from('content');
const ownTrust = testTrust();

function verify(signature: Uint8Array, budget: SignatureBudget, trust = ownTrust): ReturnType<typeof verifyDetached> {
  const input = { content, signature, trust, nowMs: pki.nowMs, profile: 'codeSigning' } as const;
  return withinBudget(() => verifyDetached(input), budget);
}

function authority(level: number, serial: number, over: Partial<pki.CertificateOptions> = {}): Uint8Array {
  const key = pki.keyPair(`level ${level}`);
  const issuerKey = pki.keyPair(level === 1 ? 'root' : `level ${level - 1}`);
  return pki.certificate({
    subject: pki.name(`Level ${level}`),
    issuer: level === 1 ? pki.name('Root') : pki.name(`Level ${level - 1}`),
    key,
    issuerKey,
    serial: integer(serial),
    extensions: pki.caExtensions(key, issuerKey),
    ...over,
  });
}

/** Eight signers, each of whom reaches the anchor on 19 ways of seven certificates, the last of which holds. */
function manyWays(): Uint8Array {
  const issuerKey = pki.keyPair('level 6');
  const leaves = Array.from({ length: 8 }, (_, index) => ({
    key: pki.keyPair(`signer ${index}`),
    serial: 100 + index,
  }));
  const expired = { notBefore: time(pki.nowMs - 2e9), notAfter: time(pki.nowMs - 1e9) };
  return pki.signedData(content, {
    certificates: [
      ...Array.from({ length: 18 }, (_, index) => authority(6, 20 + index, expired)),
      ...[1, 2, 3, 4, 5, 6].map((level) => authority(level, level)),
      ...leaves.map(({ key, serial }) =>
        pki.certificate({
          key,
          issuerKey,
          subject: pki.name(`Signer ${serial}`),
          issuer: pki.name('Level 6'),
          serial: integer(serial),
          extensions: pki.leafExtensions(key, issuerKey),
        }),
      ),
    ],
    signers: leaves.map(({ key, serial }) =>
      pki.signerInfo(content, { key, id: sequence(pki.name('Level 6'), integer(serial)) }),
    ),
  });
}

describe('signature checks of one verification', () => {
  test('each certificate is checked against a key once, however many ways lead over it', () => {
    const budget = signatureBudget();
    expect(verify(manyWays(), budget, testTrust([pki.rootCertificate()], 8))).toMatchObject({
      code: 'CMS_CERTIFICATE_UNUSED',
    });
    // 8 signers, 8 leaves, 5 levels, 19 certificates of the sixth; without a memory 936.
    expect(budget.checks).toBe(40);
  });

  test('nothing is checked beyond the budget', () => {
    const budget = signatureBudget(100);
    expect(verify(manyWays(), budget, testTrust([pki.rootCertificate()], 8))).toMatchObject({ code: 'CMS_TOO_COSTLY' });
    expect(budget.checks).toBe(25);
  });

  test('a budget within a budget is the outer one', () => {
    const outer = signatureBudget();
    const inner = signatureBudget(0);
    const result = withinBudget(() => verify(pki.signedData(content), inner), outer);
    expect(result).toMatchObject({ ok: true });
    expect([outer.checks, inner.checks]).toEqual([2, 0]);
  });

  test.each([
    ['rsa2048', 1 + 4],
    ['p256', 4 + 4],
    ['p384', 24 + 4],
  ])('a check of %s costs what its key costs', (kind, units) => {
    const key = pki.keyPair('leaf', kind);
    const ecdsa = kind === 'p384' ? { algorithm: pki.algorithms.ecdsaSha256 } : {};
    const signature = pki.signedData(content, {
      certificates: [pki.certificate({ key })],
      signers: [pki.signerInfo(content, { key, ...ecdsa })],
    });
    const budget = signatureBudget(1000);
    expect(verify(signature, budget)).toMatchObject({ ok: true });
    expect(1000 - budget.left).toBe(units);
  });

  test('large things that are signed cost more', () => {
    const key = pki.keyPair('leaf');
    const filler = pki.extension('1.2.3.4', new Uint8Array(60_000));
    const certificates = [
      pki.certificate({ key, extensions: [...pki.leafExtensions(key, pki.keyPair('root')), filler] }),
    ];
    const budget = signatureBudget(1000);
    expect(verify(pki.signedData(content, { certificates }), budget)).toMatchObject({ ok: true });
    expect(1000 - budget.left).toBe(4 + 4 + 3);
  });
});

describe('names under constraints', () => {
  const names = (count: number) =>
    subjectAltNames(...Array.from({ length: count }, (_, index) => generalName.uri(`https://h${index}.test/`)));
  const constraints = nameConstraints({
    excluded: Array.from({ length: 100 }, (_, index) => generalName.uri(`x${index}.test`)),
  });
  const constrained = authority(1, 1, {
    extensions: [...pki.caExtensions(pki.keyPair('level 1'), pki.keyPair('root')), constraints],
  });
  const leafOf = (...more: readonly Uint8Array[]): Uint8Array => {
    const [key, issuerKey] = [pki.keyPair('leaf'), pki.keyPair('level 1')];
    const extensions = [...pki.leafExtensions(key, issuerKey), ...more];
    return pki.certificate({ key, issuerKey, issuer: pki.name('Level 1'), extensions });
  };
  const signers = [pki.signerInfo(content, { id: sequence(pki.name('Level 1'), integer(4711)) })];
  const cost = (...certificates: readonly Uint8Array[]): number => {
    const budget = signatureBudget(1000);
    verify(pki.signedData(content, { certificates, signers }), budget);
    return 1000 - budget.left;
  };

  test('cost as much as there are names times subtrees', () => {
    const plain = cost(constrained, leafOf());
    // The subject is a name too.
    expect(cost(constrained, leafOf(names(64))) - plain).toBe((64 * (100 + 8)) / 256);
    expect(cost(constrained, leafOf(names(128))) - plain).toBe((128 * (100 + 8)) / 256);
  });

  test('are looked at once, however many ways lead over them', () => {
    const below = pki.keyPair('level 2');
    const named = authority(2, 2, { extensions: [...pki.caExtensions(below, pki.keyPair('level 1')), names(256)] });
    const path = [constrained, named];
    // Two that lead nowhere, told apart by their validity.
    const expired = { notBefore: time(pki.nowMs - 2e9), notAfter: time(pki.nowMs - 1e9) };
    const waysBelow = (count: number): readonly Uint8Array[] =>
      Array.from({ length: count }, (_, index) => authority(3, 10 + index, expired));
    const [key, issuerKey] = [pki.keyPair('leaf'), pki.keyPair('level 3')];
    const leaf = pki.certificate({
      key,
      issuerKey,
      issuer: pki.name('Level 3'),
      extensions: pki.leafExtensions(key, issuerKey),
    });
    const deep = [pki.signerInfo(content, { id: sequence(pki.name('Level 3'), integer(4711)) })];
    const costOf = (count: number): number => {
      const budget = signatureBudget(4000);
      const certificates = [leaf, ...path, ...waysBelow(count)];
      verify(pki.signedData(content, { certificates, signers: deep }), budget);
      return 4000 - budget.left;
    };
    // Each way costs two signatures at most, and not the names above once more.
    expect(costOf(6) - costOf(1)).toBeLessThan(100);
  });

  test('are not compared beyond the budget', () => {
    const budget = signatureBudget(20);
    const signature = pki.signedData(content, { certificates: [constrained, leafOf(names(64))], signers });
    expect(verify(signature, budget)).toMatchObject({ code: 'CMS_TOO_COSTLY' });
  });
});

describe('names', () => {
  // Combining marks in the worst order: normalising half a million of them would take a quarter of an hour.
  const marks = (count: number): string => '\u0301'.repeat(count / 2) + '\u0316'.repeat(count / 2);
  const named = (text: string): Uint8Array => sequence(setOf(sequence(oid('2.5.4.3'), utf8(text))));

  test('a text that is too long for a name is refused before anything is made of it', () => {
    const signers = [pki.signerInfo(content, { id: sequence(named(marks(400_000)), integer(1)) })];
    expect(verify(pki.signedData(content, { signers }), signatureBudget())).toMatchObject({ code: 'DER_TOO_LARGE' });
    const certificates = [pki.certificate({ subject: named(marks(20_000)) })];
    expect(verify(pki.signedData(content, { certificates }), signatureBudget())).toMatchObject({
      code: 'DER_TOO_LARGE',
    });
  });

  test('a name of more than 64 attributes is none, in however few parts', () => {
    const parts = Array.from({ length: 65 }, (_, index) => sequence(oid('2.5.4.3'), utf8(`${index}`)));
    const certificates = [pki.certificate({ subject: sequence(setOf(...parts)) })];
    expect(verify(pki.signedData(content, { certificates }), signatureBudget())).toMatchObject({
      code: 'DER_TOO_MANY',
    });
  });

  test('a text of 1024 bytes is a name', () => {
    const certificates = [pki.certificate({ subject: named('x'.repeat(1024)) })];
    expect(verify(pki.signedData(content, { certificates }), signatureBudget())).toMatchObject({ ok: true });
  });
});
