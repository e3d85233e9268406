import { expect, test } from 'vitest';
import { queryReachMs } from '../../../src/kernel/units/query-reach.ts';

test.each([
  ['load{node="{{node}}"}', 0],
  ['rate(slow_total{node="{{node}}"}[1m])', 60_000],
  ['rate(a[1m]) / rate(b[1h30m])', 5_400_000],
  ['increase(a[300])', 300_000],
  ['max_over_time(rate(a[5m])[30m:1m])', 2_100_000],
  ['max_over_time(rate(a[5m])[30m:])', 2_100_000],
  ['a offset 1w', 604_800_000],
  ['rate(a[1y2d] offset 5m)', 31_708_800_000 + 300_000],
  ['a{path="[9h]", other=\'offset 9h\'} # [9h]', 0],
])('%s looks back %d ms', (query, expected) => {
  expect(queryReachMs(query)).toBe(expected);
});
