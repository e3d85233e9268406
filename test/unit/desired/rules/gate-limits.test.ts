import { expect, test } from 'vitest';
import { document, findingsBeside } from '../../../support/findings-of.ts';

function gate(fields: string): readonly string[] {
  return findingsBeside(document('Rollout', 'r', `gates: [{ ${fields} }]`));
}

test('a gate without a limit, and half a comparison, are found', () => {
  expect(gate('metric: cpu')).toEqual(['THM1227 x.yaml:5:13']);
  expect(gate('metric: cpu, compare: control')).toEqual(['THM1227 x.yaml:5:26']);
});

test('a custom gate needs a query, and only a custom one', () => {
  expect(gate('metric: custom, max: 5')).toEqual(['THM1227 x.yaml:5:13']);
  expect(gate('metric: cpu, max: 0.5, query: up')).toEqual(['THM1227 x.yaml:5:36']);
});

test('a limit is in the unit of its metric', () => {
  expect(gate('metric: latencyP99, max: 5')).toEqual(['THM1108 x.yaml:5:38']);
  expect(gate('metric: latencyP99, max: fast')).toEqual(['THM1112 x.yaml:5:38']);
  expect(gate('metric: errorRate, max: 5')).toEqual(['THM1108 x.yaml:5:37']);
  expect(gate('metric: memory, max: 5 gigabytes')).toEqual(['THM1113 x.yaml:5:34']);
});

test.each([
  'metric: errorRate, max: 0.05',
  'metric: latencyP50, max: 20ms',
  'metric: memory, max: 4GiB',
  'metric: memory, max: 0.8',
  'metric: diskIo, max: 200MiB',
  'metric: custom, query: up, min: 1',
  'metric: custom, query: up, compare: control, worseBy: 0.1',
])('{ %s } is fine', (fields) => {
  expect(gate(fields)).toEqual([]);
});
