import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refusing } from '../../src/trust/refusal.ts';
import { readCertificate } from '../../src/trust/x509/certificate.ts';
import { parseCertificateList, readCertificateList } from '../../src/trust/x509/certificate-list.ts';
import { findPath } from '../../src/trust/x509/find-path.ts';
import { integer } from '../support/der.ts';
import * as pki from '../support/pki.ts';
import { distributionPoints, generalName, nameConstraints, policies } from '../support/pki-constraints.ts';
import { listExtensions, revocationList, revoked } from '../support/pki-lists.ts';
import { everyByte, runs } from '../support/runs.ts';
import { trustOf } from '../support/trust/path-stage.ts';

const anchor = pki.rootCertificate();
const { anchors } = trustOf({ anchors: [anchor] }).anchors;
const middleKey = pki.keyPair('middle');
const point = generalName.uri('http://lists.example/');
const middle = pki.certificate({
  subject: pki.name('Middle'),
  serial: integer(2),
  key: middleKey,
  extensions: [
    ...pki.caExtensions(middleKey, pki.keyPair('root')),
    nameConstraints({ excluded: [generalName.dns('example.com')] }),
    policies('1.2.3'),
  ],
});
const leaf = pki.certificate({
  issuer: pki.name('Middle'),
  issuerKey: middleKey,
  extensions: [...pki.leafExtensions(pki.keyPair('leaf'), middleKey), distributionPoints({ names: [point] })],
});
const rootList = revocationList({ entries: [revoked(5), revoked(6, { reason: 4 })] });
const middleList = revocationList({
  issuer: pki.name('Middle'),
  issuerKey: middleKey,
  entries: [revoked(7, { invalidAt: pki.nowMs })],
  extensions: [
    listExtensions.number(3),
    listExtensions.authorityKeyId(middleKey),
    listExtensions.scope({ names: [point] }),
  ],
});

const right = { leaf, middle, rootList, middleList };
type Part = keyof typeof right;
const read = {
  leaf: readCertificate(leaf),
  middle: readCertificate(middle),
  rootList: readCertificateList(rootList),
  middleList: readCertificateList(middleList),
};

/** With one part read from other bytes than its own. */
function holds(part: Part, bytes: Uint8Array): boolean {
  return refusing(() => {
    const isList = part === 'rootList' || part === 'middleList';
    const parts = { ...read, [part]: isList ? readCertificateList(bytes) : readCertificate(bytes) };
    return findPath({
      leaf: parts.leaf,
      pool: [parts.leaf, parts.middle],
      anchors,
      lists: [parts.rootList, parts.middleList],
      revocation: 'required',
      nowMs: pki.nowMs,
      profile: 'codeSigning',
    });
  }).ok;
}

/** Any change of one byte to another value. */
function changed(bytes: Uint8Array, at: number, by: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const index = at % bytes.length;
  copy[index] = (copy[index]! + 1 + (by % 255)) % 256;
  return copy;
}

describe('a path with its lists', () => {
  test('holds as it was made', () => {
    for (const part of Object.keys(right) as Part[]) expect(holds(part, right[part])).toBe(true);
  });

  test.each([
    ['certificate', ['leaf', 'middle']],
    ['revocation list', ['rootList', 'middleList']],
  ] as const)('with any one byte of a %s changed never holds', (_, parts) => {
    fc.assert(
      fc.property(fc.constantFrom<Part>(...parts), fc.nat(), fc.nat(), (part, at, by) => {
        expect(holds(part, changed(right[part], at, by))).toBe(false);
      }),
      runs(100_000),
    );
  });

  describe.each(Object.keys(right) as Part[])('and its %s', (part) => {
    const { indexes, words } = everyByte(right[part].length, part.length);

    test(`with every single bit of ${words} flipped in turn never holds`, () => {
      const held: string[] = [];
      for (const index of indexes) {
        for (let bit = 0; bit < 8; bit += 1) {
          const copy = Uint8Array.from(right[part]);
          copy[index]! ^= 1 << bit;
          if (holds(part, copy)) held.push(`byte ${index}, bit ${bit}`);
        }
      }
      expect(held).toEqual([]);
    });
  });
});

test('reading a revocation list throws nothing but refusals of its own', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(rootList, middleList),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 12 }),
      (bytes, edits) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of edits) copy[at % copy.length] = value;
        const parsed = parseCertificateList(copy);
        expect(parsed.ok ? 'ok' : parsed.code).toMatch(/^(?:ok|(?:DER|CRL|ALGORITHM)_\w+)$/u);
      },
    ),
    runs(100_000),
  );
});
