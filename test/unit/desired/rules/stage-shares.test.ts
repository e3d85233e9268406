import { expect, test } from 'vitest';
import { document, findingsOf, goodFleet } from '../../../support/findings-of.ts';

/** The stages start in line 6, one a line, their values in column 7. */
function stages(...lines: readonly string[]): readonly string[] {
  const spec = `stages:\n${lines.map((line) => `  - { ${line} }`).join('\n')}`;
  const fleet = goodFleet.replace('  nodes:', '  rollout: r\n  nodes:');
  return findingsOf({ 'fleet.yaml': fleet, 'x.yaml': document('Rollout', 'r', spec) });
}

test('a share that shrinks is found', () => {
  expect(stages('percentage: 67', 'percentage: 34', 'percentage: 100')).toEqual(['THM1220 x.yaml:7:21']);
});

test('a share that stays is an empty stage', () => {
  expect(stages('percentage: 67', 'percentage: 67', 'percentage: 100')).toEqual(['THM1222 x.yaml:7:21']);
});

test('a share that rounds down to nobody new is skipped with a warning', () => {
  expect(stages('percentage: 1', 'percentage: 34', 'percentage: 100')).toEqual(['warning THM1223 x.yaml:6:21']);
  expect(stages('percentage: 34', 'percentage: 35', 'percentage: 100')).toEqual(['warning THM1223 x.yaml:7:21']);
});

test('atLeast makes a small share a real stage, which counts for the next one', () => {
  expect(stages('percentage: 1, atLeast: 1', 'percentage: 100')).toEqual([]);
  expect(stages('percentage: 1, atLeast: 1', 'percentage: 34', 'percentage: 100')).toEqual([
    'warning THM1223 x.yaml:7:21',
  ]);
});

test('a node stands in one stage only', () => {
  expect(stages('nodes: [node-a, node-a]', 'percentage: 100')).toEqual(['THM1221 x.yaml:6:25']);
  expect(stages('nodes: [node-a]', 'nodes: [node-b, node-a]', 'percentage: 100')).toEqual(['THM1221 x.yaml:7:25']);
});

test('the stages must reach everyone', () => {
  expect(stages('percentage: 50')).toEqual(['THM1225 x.yaml:6:7']);
  expect(stages('nodes: [node-a]', 'nodes: [node-b]')).toEqual(['THM1225 x.yaml:7:7']);
});

test('shares that rise to 100, and names that are everyone, are fine', () => {
  expect(stages('percentage: 34', 'percentage: 67', 'percentage: 100')).toEqual([]);
  expect(stages('nodes: [node-a]', 'nodes: [node-c, node-b]')).toEqual([]);
});

test('a Rollout that the Fleet does not name is not held against its nodes', () => {
  const spec = 'stages: [{ percentage: 1 }, { percentage: 100 }]';
  expect(findingsOf({ 'fleet.yaml': goodFleet, 'x.yaml': document('Rollout', 'r', spec) })).toEqual([]);
});
