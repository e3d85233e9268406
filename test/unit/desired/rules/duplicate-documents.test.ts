import { expect, test } from 'vitest';
import { document, findingsBeside } from '../../../support/findings-of.ts';

const tenant = document('Tenant', 'a', 'priority: low\n');

test('a second document of the same kind and name is named where it stands', () => {
  expect(findingsBeside(`${tenant}---\n${tenant}`)).toEqual(['THM1204 x.yaml:9:19']);
});

test('the same name in two kinds is fine', () => {
  expect(findingsBeside(`${tenant}---\n${document('Rollout', 'a', 'maxUnavailable: 1\n')}`)).toEqual([]);
});
