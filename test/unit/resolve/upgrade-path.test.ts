import { expect, test } from 'vitest';
import { withinSkew } from '../../../src/resolve/minor-step.ts';
import { upgradePath } from '../../../src/resolve/upgrade-path.ts';

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

test('the shortest path goes through the newest release of each minor', () => {
  const releases = ['1.4.0', '1.4.7', '1.5.1', '1.6.0', '1.6.0-rc.1'].map((version) => facts(version));
  expect(upgradePath(releases, facts('1.3.2'), facts('1.6.0'), 1)).toEqual(['1.4.7', '1.5.1', '1.6.0']);
});

test('a path keeps minUpgradeFrom of every hop', () => {
  const releases = [facts('1.4.0'), facts('1.4.7', '1.4.0'), facts('1.5.0')];
  expect(upgradePath(releases, facts('1.3.2'), facts('1.5.0'), 1)).toEqual(['1.4.0', '1.5.0']);
});

test('without a release in between there is no path', () => {
  expect(upgradePath([facts('1.5.0')], facts('1.3.0'), facts('1.5.0'), 1)).toBeUndefined();
});
