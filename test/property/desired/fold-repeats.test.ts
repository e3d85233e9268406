import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseWhole, parseYaml } from '../../../src/desired/yaml/parse-yaml.ts';
import { runs } from '../../support/runs.ts';

const word = fc.oneof(
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
const gap = fc.constantFrom('', ' ', '  ', '\n    ', '\n      ', '\n', '\n  - ', '\n    - ', '\t', '\r\n    ');
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
      fc.array(item, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(3), { minLength: 80, maxLength: 80 }),
      (shapes, order) => {
        const good = (index: number): string => `  - { name: node-${index}, pad: ${'p'.repeat(400)} }\n`;
        // Most items are ordinary, so that folding has something to do around the odd ones.
        const lines = order.map((pick, index) => (pick === 0 ? shapes[index % shapes.length]! : good(index)));
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
    runs(20_000),
  );
});
