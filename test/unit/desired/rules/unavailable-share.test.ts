import { expect, test } from 'vitest';
import { document, findingsOf, goodFleet } from '../../../support/findings-of.ts';

function limit(value: number, fleet = goodFleet): readonly string[] {
  const files = {
    'fleet.yaml': fleet.replace('  nodes:', '  rollout: r\n  nodes:'),
    'x.yaml': document('Rollout', 'r', `maxUnavailable: ${value}`),
  };
  return findingsOf(files);
}

test('more than a cluster can spare is a warning', () => {
  expect(limit(2)).toEqual(['warning THM1231 x.yaml:5:19']);
});

test('what every cluster can spare is fine', () => {
  expect(limit(1)).toEqual([]);
  const more = ['d', 'e'].map((name) => `    - { name: node-${name}, transport: { local: { root: ./${name} } } }\n`);
  expect(limit(2, goodFleet + more.join(''))).toEqual([]);
});
