import { expect, test } from 'vitest';
import { sumSeries } from '../../../../src/adapters/metrics/sum-series.ts';
import type { Point } from '../../../../src/model/metrics.ts';

const part = (target: string, ...points: Point[]) => ({ target, points });

test('series of one scrape are added instant by instant', () => {
  expect(sumSeries([part('t', [1, 10], [2, 20]), part('t', [2, 1], [3, 2])])).toEqual([
    [1, 10],
    [2, 21],
    [3, 2],
  ]);
});

test('what is no number makes the sum of its instant none', () => {
  expect(sumSeries([part('t', [1, 10], [2, null]), part('t', [1, null], [2, 5])])).toEqual([
    [1, null],
    [2, null],
  ]);
});

test('series of different targets count with their last reading until it is stale', () => {
  const long = 300_000;
  expect(sumSeries([part('a', [0, 1], [10, 2]), part('b', [5, 100], [10 + long, 101], [11 + long, 102])])).toEqual([
    [0, 1],
    [5, 101],
    [10, 102],
    [10 + long, 103],
    [11 + long, 102],
  ]);
});
