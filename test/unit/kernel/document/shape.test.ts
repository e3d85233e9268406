import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  describeProblem,
  digest,
  flag,
  instant,
  integerFrom,
  listOf,
  nullOr,
  objectOf,
  oneOf,
  optional,
  readShape,
  recordOf,
  type Shape,
  type ShapeProblem,
  text,
  textOf,
  type UnknownFields,
  variantsOf,
  wholeNumber,
} from '../../../../src/kernel/document/shape.ts';

interface Thing {
  readonly name: string;
  readonly counts: readonly number[];
  readonly kind?: 'a' | 'b';
  readonly more?: Readonly<Record<string, string | null>>;
}

const thing = (unknownFields?: UnknownFields): Shape<Thing> =>
  objectOf<Thing>(
    {
      name: textOf('a word', /^\w+$/u),
      counts: listOf(integerFrom(0, 9), 2),
      kind: optional(oneOf('a', 'b')),
      more: optional(recordOf(nullOr(text), textOf('a word', /^\w+$/u))),
    },
    unknownFields,
  );

function problemsOf(shape: Shape<unknown>, value: unknown, most?: number): readonly ShapeProblem[] {
  const read = readShape(shape, value, most);
  return read.ok ? [] : read.problems;
}

describe('what fits', () => {
  test('is the value itself, not a copy, whatever else it holds', () => {
    const value = { name: 'x', counts: [1, 2], kind: 'a', more: { a: null }, other: 1 };
    const read = readShape(thing(), value);
    expect(read.ok && read.value).toBe(value);
    if (read.ok) expectTypeOf(read.value).toEqualTypeOf<Thing>();
  });

  test('is cleared of unknown fields at every depth where they are dropped', () => {
    const pair = objectOf<{ readonly in: Thing; readonly by: Readonly<Record<string, Thing>> }>({
      in: thing('drop'),
      by: recordOf(thing('drop')),
    });
    const right = { name: 'x', counts: [] };
    const value = JSON.parse(
      '[{"in":{"name":"x","counts":[],"u":1},"by":{"__proto__":{"name":"x","counts":[],"u":1}}}]',
    ) as unknown;
    const before = structuredClone(value);
    const read = readShape(listOf(pair), value);
    const by = Object.fromEntries([['__proto__', right]]);
    expect(read).toEqual({ ok: true, value: [{ in: right, by }] });
    expect(read.ok && Object.getPrototypeOf(read.value[0]!.by)).toBe(Object.prototype);
    expect(value).toEqual(before);
  });
});

test.each<[unknown, string, ShapeProblem['kind']]>([
  [{ name: 1, counts: [] }, 'name', 'value'],
  [{ counts: [] }, 'name', 'missing'],
  [{ name: undefined, counts: [] }, 'name', 'missing'],
  [{ name: 'x', counts: [0, -1] }, 'counts[1]', 'value'],
  [{ name: 'x', counts: [0, 1, 2] }, 'counts', 'limit'],
  [{ name: 'x', counts: {} }, 'counts', 'value'],
  [{ name: 'x', counts: [], kind: 'c' }, 'kind', 'value'],
  [{ name: 'x', counts: [], more: { a: null, b: 2 } }, 'more.b', 'value'],
  [{ name: 'x', counts: [], more: { 'a\nb': null } }, String.raw`more["a\nb"]`, 'value'],
  [{ name: 'x', counts: [], more: null }, 'more', 'value'],
  [{ name: 'x', counts: [], nam: 1 }, 'nam', 'unknown'],
  [{ name: 'x', counts: [], toString: 1 }, 'toString', 'unknown'],
  [[], '', 'value'],
  [null, '', 'value'],
])('%j has its problem at %s: %s', (value, at, kind) => {
  expect(problemsOf(thing('refuse'), value)).toMatchObject([{ at, kind }]);
});

test('members that are inherited do not count', () => {
  const shape = objectOf<{ readonly toString: string }>({ toString: text });
  expect(problemsOf(shape, {})).toMatchObject([{ kind: 'missing', at: 'toString' }]);
  const variants = variantsOf<unknown>('constructor', { [String(Object)]: text });
  expect(problemsOf(variants, {})).toMatchObject([{ kind: 'missing', at: 'constructor' }]);
});

test('every problem is reported, or as many as are wanted', () => {
  const value = { counts: [1, 10, 'x'], nam: true };
  const all = [
    { kind: 'missing', at: 'name', expected: 'name', found: 'nothing' },
    { kind: 'value', at: 'counts[1]', expected: 'a whole number from 0 to 9', found: '10' },
    { kind: 'value', at: 'counts[2]', expected: 'a whole number from 0 to 9', found: '"x"' },
    { kind: 'unknown', at: 'nam', expected: 'name', found: 'nam' },
  ];
  const shape = objectOf<Thing>(
    {
      name: text,
      counts: listOf(integerFrom(0, 9)),
      kind: optional(oneOf('a', 'b')),
      more: optional(recordOf(nullOr(text))),
    },
    'refuse',
  );
  expect(problemsOf(shape, value)).toEqual(all);
  for (const most of [1, 2, 3]) expect(problemsOf(shape, value, most)).toEqual(all.slice(0, most));
});

test('the first problem ends the look at a list, a record and an object', () => {
  let looks = 0;
  const never: Shape<string> = (value, problems) => {
    looks += 1;
    problems.add('value', 'text', '');
    return value as string;
  };
  problemsOf(listOf(never), [1, 2, 3], 1);
  problemsOf(recordOf(never), { a: 1, b: 2 }, 1);
  problemsOf(objectOf<{ readonly a: string; readonly b: string }>({ a: never, b: never }), { a: 1, b: 2 }, 1);
  expect(looks).toBe(3);
});

describe('variants', () => {
  type Variant = { readonly is: true; readonly a: number } | { readonly is: false; readonly b: string };
  const shape = variantsOf<Variant>('is', {
    true: objectOf<Extract<Variant, { is: true }>>({ is: oneOf(true), a: wholeNumber }),
    false: objectOf<Extract<Variant, { is: false }>>({ is: oneOf(false), b: text }),
  });

  test.each<[unknown, string | undefined]>([
    [{ is: true, a: 1 }, undefined],
    [{ is: false, b: 'x' }, undefined],
    [{ is: false, a: 1 }, 'b'],
    [{ is: 'true', a: 1 }, 'is'],
    [{ is: { toString: 1 } }, 'is'],
    [{}, 'is'],
    ['x', ''],
  ])('%j has its problem at %s', (value, at) => {
    expect(problemsOf(shape, value)[0]?.at).toBe(at);
  });
});

test('a problem reads as a sentence', () => {
  const sentence = (shape: Shape<unknown>, value: unknown): string =>
    describeProblem(problemsOf(shape, value)[0]!, 'the file');
  const shape = objectOf<{ readonly name: string; readonly list: readonly boolean[] }>(
    { name: text, list: listOf(flag, 1) },
    'refuse',
  );
  expect(sentence(shape, { name: 1, list: [] })).toBe('name must be text');
  expect(sentence(shape, { list: [] })).toBe('name must be present');
  expect(sentence(shape, { name: '', list: [true, true] })).toBe('list must have at most 1 entries, not 2');
  expect(sentence(shape, { name: '', list: [], lists: [] })).toBe('lists is not a known field; did you mean list');
  expect(sentence(shape, null)).toBe('the file must be an object');
  expect(sentence(oneOf('a', 'b'), 'c')).toBe('the file must be one of a, b');
});

test('instants are UTC, digests are sha256', () => {
  expect(problemsOf(instant, '2026-11-21T18:00:00.5Z')).toEqual([]);
  expect(problemsOf(instant, '2026-11-21T18:00:00+01:00')).toHaveLength(1);
  expect(problemsOf(digest, `sha256:${'a'.repeat(64)}`)).toEqual([]);
  expect(problemsOf(digest, 'sha256:a')).toHaveLength(1);
});

test('what was found is short enough to print', () => {
  expect(problemsOf(flag, 'x'.repeat(1000))[0]!.found).toHaveLength(60);
});
