import { describe, expect, it, test } from 'vitest';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import { trustCodes } from '../../../src/trust/refusal.ts';
import { parseCertificateList } from '../../../src/trust/x509/certificate-list.ts';
import { badCertificates } from '../../support/trust/bad-certificates.ts';
import { badTrustFiles } from '../../support/trust/bad-trust-files.ts';
import { badFixtures } from '../../support/trust/index.ts';
import { anchorsText, middleList, onPath, rootList } from '../../support/trust/path-stage.ts';

describe('paths', () => {
  it('hold where nothing is wrong, with lists and without', () => {
    const lists = [rootList(), middleList()];
    for (const setting of [{}, { lists }, { lists, revocation: 'required' as const }, { middle: null }]) {
      expect(verifyDetached({ ...onPath(setting), profile: 'codeSigning' })).toMatchObject({ ok: true });
    }
  });

  it.each(badCertificates.map((fixture) => [`${fixture.id}: ${fixture.what}`, fixture] as const))(
    '%s is refused with its own code',
    (_, fixture) => {
      const result = verifyDetached({ ...fixture.make(), profile: 'codeSigning' });
      expect(result.ok ? 'ok' : result.code).toBe(fixture.code);
    },
  );
});

describe('files of a machine', () => {
  it('are read where nothing is wrong', () => {
    expect(parseAnchors(anchorsText())).toMatchObject({ ok: true, anchors: { revocation: 'known' } });
    expect(parseAnchors(anchorsText({ revocation: 'required' }))).toMatchObject({
      anchors: { revocation: 'required' },
    });
    expect(parseCertificateList(middleList())).toMatchObject({ ok: true, list: { number: 7n, baseNumber: null } });
  });

  it.each(badTrustFiles.map((file) => [`${file.id}: ${file.what}`, file] as const))(
    '%s is refused with its own code',
    (_, file) => {
      const result = file.kind === 'anchors' ? parseAnchors(file.make()) : parseCertificateList(file.make());
      expect(result.ok ? 'ok' : result.code).toBe(file.code);
    },
  );
});

test('every code of certificates, lists, paths, names and anchors has a fixture', () => {
  const covered = new Set([...badFixtures, ...badTrustFiles].map(({ code }) => code));
  const items = trustCodes().filter((code) => /^(?:CERT|CRL|PATH|NAME_CONSTRAINT|ANCHOR)_/u.test(code));
  expect(items.length).toBeGreaterThan(55);
  expect(items.filter((code) => !covered.has(code))).toEqual([]);
});

test('no two fixtures have one name', () => {
  const ids = [...badCertificates, ...badTrustFiles].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
