import { expect, test } from 'vitest';
import { withinSkew } from '../../../src/resolve/minor-step.ts';

function facts(version: string, minUpgradeFrom: string | null = null) {
  return { version, minUpgradeFrom };
}

test.each([
  ['1.4.0', '1.5.9', 1, true],
  ['1.5.9', '1.4.0', 1, true],
  ['1.3.0', '1.5.0', 1, false],
  ['1.3.0', '1.5.0', 2, true],
  ['1.4.0', '1.4.9', 0, true],
])('%s beside %s within %d minors: %s', (a, b, limit, expected) => {
  expect(withinSkew(facts(a), facts(b), limit)).toBe(expected);
});

test('a new major is one step only as X+1.0 and only where its minUpgradeFrom admits the version', () => {
  expect(withinSkew(facts('1.9.0'), facts('2.0.3', '1.9.0'), 1)).toBe(true);
  expect(withinSkew(facts('1.8.0'), facts('2.0.3', '1.9.0'), 1)).toBe(false);
  expect(withinSkew(facts('1.9.0'), facts('2.0.3'), 1)).toBe(false);
  expect(withinSkew(facts('1.9.0'), facts('2.1.0', '1.9.0'), 1)).toBe(false);
  expect(withinSkew(facts('1.9.0'), facts('3.0.0', '1.9.0'), 1)).toBe(false);
});
