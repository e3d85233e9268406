import { describe, expect, it } from 'vitest';
import {
  booleanShape,
  integerShape,
  listShape,
  recordShape,
  type ShapeProblem,
  textShape,
} from '../../../src/kernel/document/shape.ts';
import { parseStrictJson } from '../../../src/kernel/document/strict-json.ts';

describe('strict JSON', () => {
  it.each([
    ['{"a":[1,"x",null,{"b":true}],"c":-1.5e3}', undefined],
    ['{"a":{"x":1},"b":{"x":2}}', undefined],
    [String.raw`{"a":"quote \" brace } bracket ]"}`, undefined],
    ['{"a":1,"a":2}', 'repeated-member'],
    [String.raw`{"a":1,"\u0061":2}`, 'repeated-member'],
    ['{"a": 1, "b": {"c": 1, "c" : 2}}', 'repeated-member'],
    ['{"__proto__":{}}', 'forbidden-member'],
    ['{"a":1e999}', 'number'],
    [String.raw`{"a":"\ud800"}`, 'not-utf-8'],
    ['{', 'not-json'],
    ['\ufeff{}', 'not-json'],
    ['['.repeat(33) + ']'.repeat(33), 'too-deep'],
    [`[${'0,'.repeat(60)}0]`, 'too-large'],
  ])('%s', (text, problem) => {
    const read = parseStrictJson(Buffer.from(text), 100);
    expect(read.ok ? undefined : read.problem).toBe(problem);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22), 10)).toMatchObject({ ok: false, problem: 'not-utf-8' });
  });
});

describe('shapes', () => {
  const shape = recordShape({
    required: { name: textShape('a word', /^\w+$/u), sizes: listShape(integerShape(0, 9), 2) },
    optional: { strict: booleanShape },
  });
  const problemsOf = (value: Parameters<typeof shape>[0]): ShapeProblem[] => {
    const problems: ShapeProblem[] = [];
    shape(value, '', (problem) => problems.push(problem));
    return problems;
  };

  it('pass what fits', () => {
    expect(problemsOf({ name: 'a', sizes: [1, 2], strict: false })).toEqual([]);
  });

  it('report every problem with its place', () => {
    expect(problemsOf({ sizes: [1, 10], stricd: true })).toEqual([
      { kind: 'missing', at: 'name', expected: 'name', found: 'nothing' },
      { kind: 'value', at: 'sizes[1]', expected: 'a whole number from 0 to 9', found: '10' },
      { kind: 'unknown', at: 'stricd', expected: 'strict', found: 'stricd' },
    ]);
    expect(problemsOf({ name: 'a', sizes: [1, 2, 3] })).toMatchObject([{ kind: 'limit', at: 'sizes' }]);
    expect(problemsOf({ name: 1, sizes: 'x' })).toMatchObject([{ at: 'name' }, { at: 'sizes' }]);
    expect(problemsOf([])).toMatchObject([{ kind: 'value', at: '', expected: 'an object' }]);
  });
});
