import { describe, expect, it } from 'vitest';
import { parseStrictJson } from '../../../../src/kernel/document/strict-json.ts';

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
