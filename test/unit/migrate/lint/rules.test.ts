import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rules } from '../../../../src/migrate/lint/index.ts';

test('codes are those of lint, each of one rule, in order', () => {
  const numbers = rules.map(({ code }) => Number(code.slice(3)));
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  expect(numbers.every((number) => number >= 7200 && number < 7250)).toBe(true);
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
});

test('every rule is named by a test', () => {
  const texts = ['blocking', 'scripts', 'naming', 'rollout'].map((name) =>
    readFileSync(new URL(`${name}.test.ts`, import.meta.url), 'utf8'),
  );
  expect(rules.map(({ code }) => code).filter((code) => !texts.some((text) => text.includes(code)))).toEqual([]);
});
