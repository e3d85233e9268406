import { expect, test } from 'vitest';
import { schemaText } from '../../../src/report/live/schema-text.ts';

test('a rehearsal says how much it tried, and what it could not', () => {
  const event = { type: 'rehearsed', queries: 3, states: 12 } as const;
  expect(schemaText({ ...event, unchecked: [] })).toBe('tried 3 queries in 12 states of an empty copy');
  expect(schemaText({ ...event, unchecked: ['probe a: no function f()', 'b'] })).toBe(
    'tried 3 queries in 12 states of an empty copy; not tried: probe a: no function f(); b',
  );
});
