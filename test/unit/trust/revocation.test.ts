import { describe, expect, it } from 'vitest';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { readCertificate } from '../../../src/trust/x509/certificate.ts';
import { type CertificateList, readCertificateList } from '../../../src/trust/x509/certificate-list.ts';
import { findPath, type PathQuestion } from '../../../src/trust/x509/find-path.ts';
import { refusing } from '../../../src/trust/refusal.ts';
import { der, integer, time } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';
import { distributionPoints, generalName } from '../../support/pki-constraints.ts';
import { listExtensions, type ListOptions, revocationList, revoked } from '../../support/pki-lists.ts';
import {
  dayMs,
  keys,
  middleCertificate,
  middleList,
  onPath,
  type PathSetting,
  rootList,
  serials,
  trustOf,
} from '../../support/trust/path-stage.ts';

const { nowMs } = pki;
const { authorityCertificate, number, deltaOf, expiredSince, scope } = listExtensions;
const keyId = listExtensions.authorityKeyId(keys.middle());
const otherKeyId = listExtensions.authorityKeyId(keys.other());
const onHold = revoked(serials.leaf, { reason: 6 });
const offHold = revoked(serials.leaf, { reason: 8 });

function codeOf(setting: PathSetting): string {
  const result = verifyDetached({ ...onPath(setting), profile: 'codeSigning' });
  return result.ok ? 'ok' : result.code;
}

const required = (...lists: readonly ListOptions[]): PathSetting => ({
  revocation: 'required',
  lists: [rootList(), ...lists.map(middleList)],
});

describe('lists that lift what others say', () => {
  it('a delta takes a hold back from the list it changes, while it is current', () => {
    const delta = { entries: [offHold], extensions: [number(8), keyId, deltaOf(6)] };
    expect(codeOf(required({ entries: [onHold] }, delta))).toBe('ok');
    const stale = { ...delta, nextUpdate: time(nowMs - 1000) };
    expect(codeOf(required({ entries: [onHold] }, stale))).toBe('CERT_REVOKED');
  });

  it('a delta of another scope does not', () => {
    const point = scope({ names: [generalName.uri('http://lists.example/')] });
    const delta = { entries: [offHold], extensions: [number(8), keyId, deltaOf(6), point] };
    expect(codeOf(required({ entries: [onHold] }, delta))).toBe('CERT_REVOKED');
  });

  it('a newer list replaces the older one, whichever is named first', () => {
    const older = { entries: [onHold], extensions: [number(6), keyId] };
    expect(codeOf(required(older, {}))).toBe('ok');
    expect(codeOf(required({}, older))).toBe('ok');
    expect(codeOf(required({ ...older, extensions: [number(8), keyId] }, {}))).toBe('CERT_REVOKED');
  });

  it('of two lists that date and number put in different orders both count', () => {
    const earlier = { thisUpdate: time(nowMs - 2 * dayMs), extensions: [number(500), keyId] };
    expect(codeOf(required({ ...earlier, entries: [onHold] }, {}))).toBe('CERT_REVOKED');
    expect(codeOf(required(earlier, { entries: [onHold] }))).toBe('CERT_REVOKED');
    expect(codeOf(required(earlier, {}))).toBe('ok');
  });

  it('of two lists of one date and number, each saying something else, both count', () => {
    expect(codeOf(required({ entries: [onHold] }, {}))).toBe('CERT_REVOKED');
    expect(codeOf(required({}, { entries: [onHold] }))).toBe('CERT_REVOKED');
  });

  it('a list replaces only lists of its own scope', () => {
    const ofPoint = [number(1), keyId, scope({ names: [generalName.uri('http://lists.example/')] })];
    expect(codeOf(required({}, { entries: [onHold], extensions: ofPoint }))).toBe('CERT_REVOKED');
    const byAnotherKey = [number(1), otherKeyId];
    expect(codeOf(required({}, { entries: [onHold], extensions: byAnotherKey }))).toBe('CERT_REVOKED');
  });
});

describe('where lists are known but not required', () => {
  it.each<[string, ListOptions]>([
    ['that is stale', { thisUpdate: time(nowMs - 9 * dayMs), nextUpdate: time(nowMs - dayMs) }],
    [
      'that is not signed by its issuer',
      { issuerKey: keys.other(), extensions: [number(7), keyId], entries: [onHold] },
    ],
    [
      'that is not signed with the key of the certificate it names',
      {
        issuerKey: keys.other(),
        extensions: [number(7), authorityCertificate(pki.name('Root'), serials.middle)],
        entries: [onHold],
      },
    ],
    ['that does not name the certificate', { entries: [revoked(5)] }],
  ])('a list %s does not refuse', (_, options) => {
    expect(codeOf({ lists: [middleList(options)] })).toBe('ok');
  });

  it('a list from the future refuses what it names', () => {
    const lists = [middleList({ thisUpdate: time(nowMs + 1000), entries: [onHold] })];
    expect(codeOf({ lists })).toBe('CERT_REVOKED');
  });
});

describe('the key usage of who signs a list', () => {
  const without = (...keyUsage: readonly Uint8Array[]) => [pki.extensions.ca(), ...keyUsage];

  it('may be left out by an anchor, as openssl req -x509 does, and by nobody below it', () => {
    const root = { extensions: without() };
    expect(codeOf({ ...required({}), root })).toBe('ok');
    expect(codeOf({ revocation: 'required', lists: [rootList()], root, middle: null })).toBe('ok');
    const others = [
      middleCertificate({
        subject: pki.name('List Signer'),
        key: keys.other(),
        serial: integer(9),
        extensions: without(),
      }),
    ];
    const byOther: ListOptions = {
      issuer: pki.name('List Signer'),
      issuerKey: keys.other(),
      extensions: [number(7), otherKeyId, scope({ indirect: true })],
    };
    const leaf = { more: [distributionPoints({ issuers: [pki.name('List Signer')] })] };
    expect(codeOf({ ...required(byOther), leaf, others })).toBe('CRL_SIGNER_USAGE');
  });

  it('has to name the signing of lists where an anchor has one', () => {
    const root = { extensions: without(pki.extension('2.5.29.15', der(0x03, Uint8Array.of(2, 0x04)), true)) };
    expect(codeOf({ ...required({}), root })).toBe('CRL_SIGNER_USAGE');
  });
});

describe('coverage', () => {
  it('adds up over lists for some reasons each', () => {
    const some = (...reasons: number[]): ListOptions => ({ extensions: [number(7), keyId, scope({ reasons })] });
    expect(codeOf(required(some(1, 2, 3, 4), some(5, 6, 7, 8)))).toBe('ok');
    expect(codeOf(required(some(1, 2, 3, 4), some(4, 5, 6, 7)))).toBe('CRL_REASONS');
  });

  it('comes from the distribution point that the certificate names, relative or in full', () => {
    const point = generalName.uri('http://lists.example/here');
    const setting = required({ extensions: [number(7), keyId, scope({ names: [point] })] });
    expect(codeOf({ ...setting, leaf: { more: [distributionPoints({ names: [point] })] } })).toBe('ok');
  });

  it('comes from an indirect list of the issuer that the certificate names', () => {
    const options: ListOptions = {
      issuer: pki.name('List Signer'),
      issuerKey: keys.other(),
      extensions: [number(7), otherKeyId, scope({ indirect: true })],
      // The same serial number of another issuer.
      entries: [revoked(serials.leaf)],
    };
    const setting: PathSetting = {
      ...required(options),
      leaf: { more: [distributionPoints({ issuers: [pki.name('List Signer')] })] },
      others: [middleCertificate({ subject: pki.name('List Signer'), key: keys.other(), serial: integer(9) })],
    };
    expect(codeOf(setting)).toBe('ok');
    const { others: _, ...alone } = setting;
    expect(codeOf(alone)).toBe('CRL_SIGNER_UNTRUSTED');
  });

  it('comes from a list that a second certificate of the same authority signed, which then has a part in it', () => {
    const setting: PathSetting = {
      ...required({ issuerKey: keys.other(), extensions: [number(7), otherKeyId] }),
      others: [middleCertificate({ key: keys.other(), serial: integer(9) })],
    };
    expect(codeOf(setting)).toBe('ok');
  });
});

describe('found paths', () => {
  const leaf = readCertificate(
    pki.certificate({ issuer: pki.name('Middle'), issuerKey: keys.middle(), notAfter: time(nowMs + 30 * dayMs) }),
  );
  const middle = readCertificate(middleCertificate());
  const parsed = (...lists: readonly Uint8Array[]): readonly CertificateList[] => lists.map(readCertificateList);

  function find(over: Partial<PathQuestion>) {
    const { anchors } = trustOf().anchors;
    const usual = {
      leaf,
      pool: [middle],
      anchors,
      lists: [],
      revocation: 'known',
      nowMs,
      profile: 'codeSigning',
    } as const;
    return refusing(() => findPath({ ...usual, ...over }));
  }

  it('say from when until when the same would be found', () => {
    expect(find({})).toMatchObject({ ok: true, validFromMs: leaf.notBeforeMs, validUntilMs: leaf.notAfterMs });
    const lists = parsed(rootList({ nextUpdate: time(nowMs + 2 * dayMs) }), middleList());
    expect(find({ lists, revocation: 'required' })).toMatchObject({
      validFromMs: nowMs - dayMs,
      validUntilMs: nowMs + dayMs,
    });
    // A list that is not required does not stop counting when it gets old.
    expect(find({ lists })).toMatchObject({ validFromMs: nowMs - dayMs, validUntilMs: leaf.notAfterMs });
    const future = parsed(middleList({ thisUpdate: time(nowMs + 5000), nextUpdate: time(nowMs + dayMs) }));
    expect(find({ lists: future })).toMatchObject({ validUntilMs: nowMs + 4999 });
  });

  const later = nowMs + 60 * dayMs;

  it('hold for a signature that is proven to be older than the end of its certificates', () => {
    expect(find({ nowMs: later })).toMatchObject({ code: 'CERT_EXPIRED' });
    expect(find({ nowMs: later, provenAtMs: nowMs })).toMatchObject({ ok: true, validUntilMs: Infinity });
    expect(find({ nowMs: later, provenAtMs: nowMs, revocation: 'required' })).toMatchObject({ code: 'CRL_MISSING' });
    const current = { thisUpdate: time(later - 1000), nextUpdate: time(later + 1000) };
    const fromAfter = parsed(rootList(current), middleList(current));
    expect(find({ nowMs: later, provenAtMs: nowMs, revocation: 'required', lists: fromAfter })).toMatchObject({
      code: 'CRL_AFTER_EXPIRY',
    });
    const replaced = revoked(serials.leaf, { at: nowMs + 1000, reason: 4 });
    const stillNamed = parsed(rootList(current), middleList({ ...current, entries: [replaced] }));
    expect(find({ nowMs: later, provenAtMs: nowMs, revocation: 'required', lists: stillNamed })).toMatchObject({
      ok: true,
    });
    const since = (ms: number) => ({ extensions: [number(7), keyId, expiredSince(ms)] });
    const tooLate = parsed(rootList(current), middleList({ ...current, ...since(leaf.notAfterMs + 1000) }));
    expect(find({ nowMs: later, provenAtMs: nowMs, revocation: 'required', lists: tooLate })).toMatchObject({
      code: 'CRL_AFTER_EXPIRY',
    });
    const lists = parsed(rootList(current), middleList({ ...current, ...since(leaf.notAfterMs) }));
    expect(find({ nowMs: later, provenAtMs: nowMs, revocation: 'required', lists })).toMatchObject({
      ok: true,
      validFromMs: later - 1000,
      validUntilMs: later + 1000,
    });
  });

  it.each<[string, Parameters<typeof revoked>[1], string]>([
    ['superseded afterwards', { at: nowMs + 1000, reason: 4 }, 'ok'],
    ['superseded before', { at: nowMs - 1000, reason: 4 }, 'CERT_REVOKED'],
    ['invalid since before', { at: nowMs + 1000, invalidAt: nowMs - 1000 }, 'CERT_REVOKED'],
    ['lost, whenever that was found out', { at: nowMs + 1000, reason: 1 }, 'CERT_REVOKED'],
    ['lost with an authority', { at: nowMs + 1000, reason: 2 }, 'CERT_REVOKED'],
    ['lost with an attribute authority', { at: nowMs + 1000, reason: 10 }, 'CERT_REVOKED'],
  ])('of a signer that was %s', (_, entry, code) => {
    const lists = parsed(middleList({ entries: [revoked(serials.leaf, entry)] }));
    const found = find({ nowMs: later, provenAtMs: nowMs, lists });
    expect(found.ok ? 'ok' : found.code).toBe(code);
    // Without proof any date revokes.
    expect(find({ lists })).toMatchObject({ code: 'CERT_REVOKED' });
  });

  describe('with a list by another signer', () => {
    const sent = distributionPoints({ issuers: [pki.name('List Signer')] });
    const extensions = [...pki.leafExtensions(keys.leaf(), keys.middle()), sent];
    const sentLeaf = readCertificate(
      pki.certificate({ issuer: pki.name('Middle'), key: keys.leaf(), issuerKey: keys.middle(), extensions }),
    );
    const current = { thisUpdate: time(later - 1000), nextUpdate: time(later + 1000) };
    const bySigner = revocationList({
      issuer: pki.name('List Signer'),
      issuerKey: keys.other(),
      ...current,
      extensions: [number(7), otherKeyId, scope({ indirect: true }), expiredSince(nowMs)],
    });
    const codeBy = (signer: Parameters<typeof middleCertificate>[0], ...entries: readonly Uint8Array[]): string => {
      const certificate = { subject: pki.name('List Signer'), key: keys.other(), serial: integer(9), ...signer };
      const found = find({
        leaf: sentLeaf,
        pool: [middle, readCertificate(middleCertificate(certificate))],
        lists: parsed(rootList({ ...current, entries }), bySigner),
        revocation: 'required',
        nowMs: later,
        provenAtMs: nowMs,
      });
      return found.ok ? 'ok' : found.code;
    };

    it('hold where that signer stands today', () => {
      expect(codeBy({})).toBe('ok');
    });

    it('no longer than that signer, required or not', () => {
      const until = later + 500;
      const signer = { subject: pki.name('List Signer'), key: keys.other(), serial: integer(9), notAfter: time(until) };
      const pool = [middle, readCertificate(middleCertificate(signer))];
      const question = { leaf: sentLeaf, pool, lists: parsed(bySigner), nowMs: later, provenAtMs: nowMs };
      // Another list may count again once the signer of this one does not.
      expect(find(question)).toMatchObject({ ok: true, validUntilMs: Math.floor(until / 1000) * 1000 });
    });

    it('do not where it has expired since, though it was valid at the proven time', () => {
      expect(codeBy({ notAfter: time(later - 1) })).toBe('CRL_SIGNER_UNTRUSTED');
    });

    it('do not where it was replaced since', () => {
      expect(codeBy({}, revoked(9, { at: nowMs + 1000, reason: 4 }))).toBe('CRL_SIGNER_UNTRUSTED');
    });
  });

  it('are not looked for without end where many could have signed many lists', () => {
    const pool = Array.from({ length: 30 }, (_, index) =>
      readCertificate(middleCertificate({ key: pki.keyPair(`crowd-${index}`), serial: integer(300 + index) })),
    );
    const lists = Array.from({ length: 12 }, (_, index) =>
      readCertificateList(
        revocationList({
          issuer: pki.name('Middle'),
          issuerKey: keys.other(),
          extensions: [number(index)],
        }),
      ),
    );
    expect(find({ pool: [middle, ...pool], lists })).toMatchObject({ code: 'PATH_TOO_COMPLEX' });
  });
});
