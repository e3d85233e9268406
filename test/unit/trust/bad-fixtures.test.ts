import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { trustCodes } from '../../../src/trust/refusal.ts';
import { badFixtures } from '../../support/trust/index.ts';

test.each(badFixtures.map((fixture) => [fixture.id, fixture] as const))(
  '%s is refused with its own code',
  (_, fixture) => {
    const result = verifyDetached({ ...fixture.make(), profile: 'codeSigning' });
    expect(result).toMatchObject({ ok: false, code: fixture.code });
  },
);

test('every item of the checklist has a fixture', () => {
  const covered = new Set(badFixtures.map(({ code }) => code));
  const items = trustCodes().filter((code) => /^(?:DER|ALGORITHM|KEY|CMS|TIMESTAMP)_/u.test(code));
  expect(items.length).toBeGreaterThan(60);
  expect(items.filter((code) => !covered.has(code))).toEqual([]);
});

test('no two fixtures have one name', () => {
  expect(new Set(badFixtures.map(({ id }) => id)).size).toBe(badFixtures.length);
});

test('the table in the docs has a row for every code, and was written from these fixtures', () => {
  const table = readFileSync(new URL('../../../docs/trust-checklist.md', import.meta.url), 'utf8');
  const rows = new Map(table.split('\n').map((row) => [/`([A-Z0-9_]+)` \|/u.exec(row)?.[1], row]));
  expect(trustCodes().filter((code) => !rows.has(code))).toEqual([]);
  const missing = badFixtures.filter(({ code, what }) => !rows.get(code)?.includes(what.replaceAll('|', '\\|')));
  expect(missing.map(({ id }) => id)).toEqual([]);
});
