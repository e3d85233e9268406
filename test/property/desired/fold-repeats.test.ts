import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseWhole, parseYaml } from '../../../src/desired/yaml/parse-yaml.ts';
import { runs } from '../../support/runs.ts';

/** What stands for `%`, another one in every item: words that look alike and mean different things. */
const lookalikes = [
  'abc',
  'b.c',
  './d',
  'e-5',
  'no',
  'y',
  'x_1',
  'True',
  'null',
  '1e5',
  '0x1f',
  '.5',
  '.inf',
  '12:00',
  '<<',
  '~',
  'é',
  'a#b',
  'a:b',
  '"q r"',
  "''",
  '2026-12-20',
];

const word = fc.oneof(
  { weight: 6, arbitrary: fc.constant('%') },
  { weight: 6, arbitrary: fc.stringMatching(/^[a-z][a-z0-9_./-]{0,8}$/u) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('true', '5', '1.10', '"a b"', "'x'", '""', './a/b', "'it''s'", '"a\\n"', '"#"'),
  },
  fc.constantFrom(
    'node-1',
    './a/b',
    '../x',
    'true',
    'null',
    '1.10',
    '0x1f',
    'a_b',
    '-',
    '-x',
    'a:b',
    'https://x',
    '.5',
    '~',
  ),
  fc.constantFrom(
    '"a b"',
    "'x'",
    '""',
    "''",
    '"a: b"',
    '"#"',
    '"a\\n"',
    "'it''s'",
    '&a x',
    '*a',
    '!t x',
    '# c',
    '|',
    '{',
    ']',
    ',',
  ),
  fc.stringMatching(/^[a-zA-Z0-9_./-]{1,8}$/u),
);
const gap = fc.constantFrom(
  '',
  '',
  '',
  '',
  '',
  ' ',
  '  ',
  '\n    ',
  '\n      ',
  '\n',
  '\n  - ',
  '\n    - ',
  '\t',
  '\r\n    ',
);
const item = fc
  .array(fc.tuple(fc.constantFrom('name', 'root', 'x', 'a.b', '"q"'), gap, word, gap), { minLength: 1, maxLength: 4 })
  .chain((parts) =>
    fc.constantFrom(
      `  - { ${parts.map(([key, before, value]) => `${key}: ${before}${value}`).join(', ')} }\n`,
      `  - ${parts.map(([key, before, value, after]) => `${key}:${before} ${value}${after}`).join('\n    ')}\n`,
    ),
  );

test('whatever the items of a long list are, folding reads what the whole text says', () => {
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 2 }),
      fc.array(fc.nat(9), { minLength: 80, maxLength: 80 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(lookalikes.length),
      (shapes, order, odd, alike) => {
        const vary = (text: string, index: number): string =>
          text.replaceAll('%', (_, offset: number) => lookalikes[(index * 7 + offset) % Math.max(1, alike)] ?? 'w');
        const good = (index: number): string => `  - { name: node-${index}, pad: ${'p'.repeat(1200)} }\n`;
        // Most items are ordinary, so that folding has something to do around the odd ones.
        const lines = order.map((pick, index) =>
          pick < odd ? vary(shapes[index % shapes.length]!, index) : good(index),
        );
        const file = { path: 'x.yaml', text: `nodes:\n${lines.join('')}${good(1)}end: 1\n${' #'.repeat(10)}\n` };
        const quick = parseYaml(file);
        const whole = parseWhole(file);
        expect(quick.problems).toEqual(whole.problems);
        expect(quick.documents.map(({ value }) => value)).toEqual(whole.documents.map(({ value }) => value));
        for (const [at, document] of quick.documents.entries()) {
          for (let index = 0; index < 81; index += 10) {
            for (const path of [['nodes', index], ['nodes', index, 'name'], ['nodes', index, 'pad'], ['end']]) {
              expect(document.locate(path, 'value')).toEqual(whole.documents[at]!.locate(path, 'value'));
              expect(document.locate(path, 'key')).toEqual(whole.documents[at]!.locate(path, 'key'));
            }
          }
        }
      },
    ),
    runs(10_000),
  );
});
