import { expect, test } from 'vitest';
import { document, findingsOf, goodFleet } from '../../../support/findings-of.ts';

test('a directory without a Fleet is one finding without a place', () => {
  expect(findingsOf(document('Tenant', 'a', 'priority: low'))).toEqual(['THM1201']);
});

test('a second Fleet is named where it stands', () => {
  const files = { 'a.yaml': goodFleet, 'b.yaml': goodFleet.replace('orders', 'other') };
  expect(findingsOf(files)).toEqual(['THM1202 b.yaml:3:19']);
});

test('a second Lock is named where it stands', () => {
  const lock = 'apiVersion: themis.dev/v1\nkind: Lock\npackages: []\n';
  expect(findingsOf({ 'a.yaml': goodFleet, 'b.yaml': lock, 'c.yaml': lock })).toEqual(['THM1204 c.yaml:2:7']);
});

test('a missing Fleet is not claimed while some file cannot be read', () => {
  expect(findingsOf('kind: [')).not.toContain('THM1201');
  expect(findingsOf(goodFleet.replace('kind: Fleet', 'kind: Flet'))).toEqual(['THM1102 x.yaml:2:7']);
});

test('one Fleet and one Lock are fine', () => {
  const lock = 'apiVersion: themis.dev/v1\nkind: Lock\npackages: []\n';
  expect(findingsOf({ 'a.yaml': goodFleet, 'b.yaml': lock })).toEqual([]);
});
