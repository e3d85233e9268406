import { expect, test } from 'vitest';
import { parseYaml } from '../../../../src/desired/yaml/parse-yaml.ts';
import { findingsBeside, findingsOf, goodFleet } from '../../../support/findings-of.ts';

function values(text: string): readonly unknown[] {
  return parseYaml({ path: 'x.yaml', text }).documents.map(({ value }) => value);
}

test('a file holds several documents, and empty ones are none', () => {
  expect(values('a: 1\n---\n# nothing\n---\nb: 2\n...\n')).toEqual([{ a: 1 }, { b: 2 }]);
  expect(values('')).toEqual([]);
  expect(values('# only a comment\n')).toEqual([]);
});

test('on, times of day and dates are text', () => {
  expect(values('on: 02:00\nday: 2026-12-20\n')).toEqual([{ on: '02:00', day: '2026-12-20' }]);
});

test('a key named __proto__ is a key like any other', () => {
  const [value] = values('__proto__: { polluted: true }\n');
  expect(Object.keys(value as object)).toEqual(['__proto__']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test.each([
  ['a bracket that is not closed', 'a: [1, 2\n', /^THM1001 x\.yaml:\d/u],
  ['a tab as indentation', 'a:\n\tb: 1\n', /^THM1001 x\.yaml:2:1$/u],
  ['a map inside a plain value', 'a: b: c\n', /^THM1001 x\.yaml:1:4$/u],
  ['a quote that is not closed', 'a: "b\n', /^THM1001 x\.yaml:\d/u],
  ['a tag that nobody knows', 'a: !secret x\n', /^THM1005 x\.yaml:1:4$/u],
  ['an alias without an anchor', 'a: *b\n', /^THM1004 x\.yaml:1:4$/u],
  ['an alias inside what it stands for', 'a: &a { b: *a }\n', /^THM1004 x\.yaml:1:12$/u],
])('%s is found where it stands', (_, text, expected) => {
  const found = findingsBeside(text);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(expected);
});

test('a broken file does not hide what is wrong in another one', () => {
  const found = findingsOf({ 'a.yaml': 'a: [', 'b.yaml': goodFleet.replace('"1.5.0"', '1.10') });
  expect(found.map((finding) => finding.slice(0, 7))).toEqual(['THM1001', 'THM1111']);
});

test('of a key that stands twice the second is named, and the rest is still checked', () => {
  const text = goodFleet.replace('releases:', 'packages: {}\n  releases:').replace('./releases', '5');
  expect(findingsOf(text)).toEqual(['THM1003 x.yaml:6:3', 'THM1105 x.yaml:7:26']);
});

test('anchors and aliases are read, and a finding points into the anchor', () => {
  const text = goodFleet
    .replace('node-a, transport', 'node-a, labels: &l { zone: 5 }, transport')
    .replace('node-b, transport', 'node-b, labels: *l, transport');
  expect(findingsOf(text)).toEqual(['THM1105 x.yaml:8:42', 'THM1105 x.yaml:8:42']);
});

test('aliases of aliases that would blow up are refused before they do', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level <= 12; level += 1) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
  }
  const found = findingsBeside(lines.join('\n'));
  expect(found).toEqual(['THM1004 x.yaml:4:45']);
});

test('nesting that the parser itself cannot follow is one finding, in plain words', () => {
  const { problems } = parseYaml({ path: 'x.yaml', text: `a: ${'['.repeat(20_000)}` });
  expect(problems.map(({ code, summary }) => [code, summary])).toEqual([
    ['THM1004', 'Values are nested too deep to be read.'],
  ]);
});

test('nesting has an end', () => {
  const found = findingsBeside(`a: ${'['.repeat(100)}${']'.repeat(100)}\n`);
  expect(found).toEqual(['THM1004 x.yaml:1:68']);
});
