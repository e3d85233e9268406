import { expect, test } from 'vitest';
import { parseTextFormat } from '../../../../src/adapters/metrics/text-format.ts';

const values = (text: string): unknown[] =>
  parseTextFormat(text, new Set(['m'])).map(({ labels, value }) => [{ ...labels }, value]);

test('samples of wanted names, with and without labels, and all spellings of numbers', () => {
  const text = [
    '# HELP m Something.',
    '# TYPE m counter',
    '#just a comment',
    '',
    'other{a="1"} 5',
    'm 1',
    'm{a="1"} 2 1395066363000',
    '  m { a = "2" , b="x" , }  3.5e-3',
    'm{a="+"} +.5',
    'm{a="NaN"} NaN',
    'm{a="Inf"} +Inf',
    'm{a="-Inf"} -Inf',
    String.raw`m{a="\\ \" \n }"} 7`,
    'm{a="cr"} 8\r',
    '',
  ].join('\n');
  expect(values(text)).toEqual([
    [{}, 1],
    [{ a: '1' }, 2],
    [{ a: '2', b: 'x' }, 0.0035],
    [{ a: '+' }, 0.5],
    [{ a: 'NaN' }, Number.NaN],
    [{ a: 'Inf' }, Infinity],
    [{ a: '-Inf' }, -Infinity],
    [{ a: '\\ " \n }' }, 7],
    [{ a: 'cr' }, 8],
  ]);
  expect(values('')).toEqual([]);
});

test.each([
  ['was cut off', 'm 1'],
  ['has a line without a value', 'm\n'],
  ['has words for a value', 'm one\n'],
  ['has a hexadecimal value', 'm 0x10\n'],
  ['has an empty value', 'm{a="1"} \n'],
  ['has labels without quotes', 'm{a=1} 1\n'],
  ['has an escape that is none', 'm{a="\\t"} 1\n'],
  ['has labels without a comma', 'm{a="1" b="2"} 1\n'],
  ['says the same series twice', 'm{a="1",b="2"} 1\nm{b="2",a="1"} 1\n'],
  ['has a label twice', 'm{a="1",a="2"} 1\n'],
  ['is a page', '<html>\n'],
  ['has a line in between that makes no sense', 'm 1\n!\n'],
])('a text that %s is refused', (_what, text) => {
  expect(() => values(text)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_FORMAT' }));
});
