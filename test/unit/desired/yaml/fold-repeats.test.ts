import { describe, expect, test } from 'vitest';
import { foldRepeats } from '../../../../src/desired/yaml/fold-repeats.ts';
import { parseWhole, parseYaml } from '../../../../src/desired/yaml/parse-yaml.ts';

function list(count: number, item: (index: number) => string): string {
  return `top: 1\nnodes:\n${Array.from({ length: count }, (_, index) => item(index)).join('')}end: 2\n`;
}

const long = ', note: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const flow = (index: number): string =>
  `  - { name: node-${index}, labels: { zone: "z ${index % 3}" }, port: ${index % 2}${long} }\n`;
const block = (index: number): string =>
  `  - name: node-${index}\n    tags:\n      - 'a'\n      - b${index}\n    note: ${long.slice(8)}\n`;

/** What folding reads, and that it is what the whole text says: values and places. */
function expectSame(text: string): void {
  const file = { path: 'x.yaml', text };
  const quick = parseYaml(file);
  const whole = parseWhole(file);
  expect(quick.problems).toEqual(whole.problems);
  expect(quick.documents.map(({ value }) => value)).toEqual(whole.documents.map(({ value }) => value));
  for (const [at, document] of quick.documents.entries()) {
    for (const path of paths(document.value)) {
      for (const part of ['key', 'value'] as const) {
        expect([path, document.locate(path, part)]).toEqual([path, whole.documents[at]!.locate(path, part)]);
      }
      expect([path, document.sourceOf(path)]).toEqual([path, whole.documents[at]!.sourceOf(path)]);
    }
  }
}

function paths(value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...inner.flatMap(([key, member]) => paths(member, [...path, key]))];
}

describe('a long list', () => {
  test.each([
    ['of flow maps', list(400, flow)],
    ['of block maps', list(400, block)],
    ['of both', list(400, (index) => (index % 2 === 0 ? flow(index) : block(index)))],
    [
      'with blank lines and comments',
      list(400, (index) => (index % 9 === 0 ? `${flow(index)}\n# note\n` : flow(index))),
    ],
    ['with windows line ends', list(400, flow).replaceAll('\n', '\r\n')],
    ['in the second document', `a: 1\n---\n${list(400, flow)}---\nb: 2\n`],
    ['with words that are no text', list(400, (index) => flow(index).replace('node-1', 'true').replace('node-2', '5'))],
    ['with urls', list(400, (index) => flow(index).replace('node-1', 'https://a'))],
  ])('%s is folded to the same values and places', (_, text) => {
    expect(foldRepeats(text)?.text.length).toBeLessThan(text.length);
    expectSame(text);
  });

  test.each([
    ['with a value over two lines', list(400, (index) => block(index).replace('note: aa', 'note: aa\n      bb'))],
    ['with two words', list(400, (index) => flow(index).replace('note: aa', 'note: aa bb'))],
    ['with an anchor on the list', list(400, flow).replace('nodes:', 'nodes: &n')],
    ['inside a block of text', list(400, flow).replace('top: 1', 'top: |\n ').replaceAll('\n', '\n  ')],
    ['with a key that stands twice', list(400, (index) => flow(index).replace('port:', 'name:'))],
    ['with a mistake in one item', list(400, (index) => (index === 200 ? flow(index).replace('}', '') : flow(index)))],
    [
      'with anchors and aliases',
      list(400, (index) => flow(index).replace('{ zone', index === 0 ? '&z { zone' : '{ zone')),
    ],
    ['with tabs', list(400, (index) => flow(index).replace('{ name', '{\tname'))],
  ])('%s is what the whole text says', (_, text) => {
    expectSame(text);
  });
});

test('a list of one shape leaves one item in the text', () => {
  const text = list(1000, (index) => flow(index * 2));
  expect(foldRepeats(text)?.runs.map(({ items, kept }) => [items.length, kept.length])).toEqual([[1000, 1]]);
});

test('short texts and short lists are left alone', () => {
  expect(foldRepeats(list(10, flow))).toBeUndefined();
  expect(foldRepeats(list(10, (index) => flow(index).replace('aaa', 'a'.repeat(9000))))).toBeUndefined();
});
