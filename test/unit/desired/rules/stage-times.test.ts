import { expect, test } from 'vitest';
import { document, findingsBeside } from '../../../support/findings-of.ts';

function stage(fields: string): readonly string[] {
  return findingsBeside(document('Rollout', 'r', `stages: [{ percentage: 100, ${fields} }]`));
}

test('a bake limit below the bake is found', () => {
  expect(stage('bake: 1h, bakeLimit: 59m')).toEqual(['THM1226 x.yaml:5:52']);
});

test('a bake limit of the bake or more is fine', () => {
  expect(stage('bake: 1h, bakeLimit: 60m')).toEqual([]);
  expect(stage('bakeLimit: 1m')).toEqual([]);
});
