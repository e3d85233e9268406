import { sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestBytes } from '../../../src/kernel/digest.ts';
import { takeList } from '../../../src/trust/policy/take-list.ts';
import { readCertificateList } from '../../../src/trust/x509/certificate-list.ts';
import { bits, explicit, integer, octets, der, sequence, time } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';
import { revoked } from '../../support/pki-lists.ts';
import { testTrust } from '../../support/releases.ts';

const dayMs = 86_400_000;

interface ListOptions {
  readonly number?: number;
  readonly thisUpdateMs?: number;
  readonly issuer?: string;
  readonly key?: string;
  readonly more?: readonly Uint8Array[];
  /** Serial numbers. */
  readonly names?: readonly number[];
}

function listOf({
  number = 1,
  thisUpdateMs = pki.nowMs - dayMs,
  issuer = 'Root',
  key = 'root',
  more = [],
  names = [],
}: ListOptions) {
  const pair = pki.keyPair(key);
  const body = sequence(
    integer(1),
    pki.algorithms.ecdsaSha256,
    pki.name(issuer),
    time(thisUpdateMs),
    time(pki.nowMs + dayMs),
    ...(names.length === 0 ? [] : [sequence(...names.map((serial) => revoked(serial)))]),
    explicit(
      0,
      sequence(
        pki.extension('2.5.29.20', integer(number)),
        pki.extension('2.5.29.35', sequence(der(0x80, pki.keyIdOf(pair)))),
        ...more,
      ),
    ),
  );
  return sequence(body, pki.algorithms.ecdsaSha256, bits(sign('sha256', body, pair.privateKey)));
}

/** An authority that may sign lists: key usage keyCertSign and cRLSign. */
const root = pki.rootCertificate({
  extensions: [
    pki.extensions.ca(),
    pki.extension(pki.extensionOids.keyUsage, bits(Uint8Array.of(0x06), 1), true),
    pki.extensions.subjectKeyId(pki.keyPair('root')),
  ],
});

function take(offered: Uint8Array, ...known: readonly Uint8Array[]): string {
  const trust = { ...testTrust([root]), crls: known.map((bytes) => readCertificateList(bytes)) };
  const taken = takeList(offered, trust, pki.nowMs);
  if (!taken.ok) return taken.code;
  return taken.list === null ? 'nothing newer' : 'taken';
}

test('a newer list of an anchor is taken, never an older one or the same', () => {
  const old = listOf({});
  expect(take(old)).toBe('taken');
  expect(take(old, old)).toBe('nothing newer');
  const newer = listOf({ number: 2, thisUpdateMs: pki.nowMs - 1000 });
  expect(take(newer, old)).toBe('taken');
  expect(take(old, newer)).toBe('nothing newer');
  expect(take(listOf({ number: 3, thisUpdateMs: pki.nowMs - 9 * dayMs }), newer)).toBe('nothing newer');
  expect(take(listOf({ number: 1, thisUpdateMs: pki.nowMs }), newer)).toBe('nothing newer');
});

test('a newer list covers those that name nothing beyond it, and no other', () => {
  const [both, one] = [listOf({ names: [5, 6] }), listOf({ names: [5] })];
  const covered = (names: readonly number[]): number[] => {
    const trust = { ...testTrust([root]), crls: [both, one].map((bytes) => readCertificateList(bytes)) };
    const taken = takeList(listOf({ number: 2, thisUpdateMs: pki.nowMs - 1000, names }), trust, pki.nowMs);
    if (!taken.ok) throw new Error(taken.code);
    return taken.covered.map((digest) => [both, one].findIndex((bytes) => digestBytes(bytes) === digest));
  };
  expect(covered([5, 6, 7])).toEqual([0, 1]);
  expect(covered([5])).toEqual([1]);
  expect(covered([])).toEqual([]);
});

test('an anchor whose key usage does not name the signing of lists signs none; one without key usage may', () => {
  const usage = (...list: readonly Uint8Array[]): string => {
    const anchor = pki.rootCertificate({ extensions: [pki.extensions.ca(), ...list] });
    const taken = takeList(listOf({}), { ...testTrust([anchor]), crls: [] }, pki.nowMs);
    return taken.ok ? 'taken' : taken.code;
  };
  expect(usage()).toBe('taken');
  expect(usage(pki.extension(pki.extensionOids.keyUsage, bits(Uint8Array.of(0x04), 2), true))).toBe('CRL_SIGNER_USAGE');
});

test('what is no complete, current list of an anchor is refused', () => {
  expect(take(octets(Uint8Array.of(1)))).toMatch(/^DER_/u);
  expect(take(listOf({ issuer: 'Stranger', key: 'stranger' }))).toBe('CRL_SIGNER_UNTRUSTED');
  expect(take(listOf({ key: 'stranger' }))).toBe('CRL_SIGNATURE_INVALID');
  expect(take(listOf({ thisUpdateMs: pki.nowMs + 1000 }))).toBe('CRL_NOT_YET_VALID');
  const delta = pki.extension('2.5.29.27', integer(1), true);
  expect(take(listOf({ number: 2, more: [delta] }))).toBe('CRL_SCOPE');
  const unknown = pki.extension('1.2.3.4', octets(Uint8Array.of(1)), true);
  expect(take(listOf({ more: [unknown] }))).toBe('CRL_EXTENSION_CRITICAL');
});
