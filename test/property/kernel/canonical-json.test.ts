import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../src/kernel/canonical-json.ts';
import { runs } from '../../support/runs.ts';

const key = fc.oneof(
  fc.string(),
  fc.nat(20).map(String),
  fc.constantFrom('__proto__', 'toJSON', 'é', '\u{1f600}', '\ufb33'),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  ),
}));

test('canonical JSON is what the reference implementation writes', () => {
  fc.assert(
    fc.property(value, (json) => {
      expect(canonicalJson(json)).toBe(canonicalize(json));
    }),
    runs(50_000),
  );
});

test('what has no canonical form is refused', () => {
  expect(() => canonicalJson({ a: Number.NaN })).toThrow(/finite|NaN/u);
  expect(() => canonicalJson({ a: '\ud800' })).toThrow(/surrogate/iu);
  expect(() => canonicalJson(undefined)).toThrow(TypeError);
});
