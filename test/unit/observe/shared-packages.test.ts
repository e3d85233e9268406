import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSharing } from '../../../src/observe/shared-packages.ts';
import { runs } from '../../support/runs.ts';

interface Sharing {
  readonly nodes: readonly { readonly packages: unknown }[];
}

const state = '{"db":{"version":"1.4.0"},"query":{"version":"2.0.0"}}';

test('equal package states are one object, wherever they stand', () => {
  const text = `{"nodes":[{"packages":${state}},{"packages":{}},{"old":[{"packages":${state}}],"packages":${state}}]}`;
  const value = parseSharing(text) as Sharing;
  expect(value).toEqual(JSON.parse(text));
  expect(value.nodes[2]!.packages).toBe(value.nodes[0]!.packages);
});

test('text that breaks off or only looks like packages is read as it is', () => {
  for (const text of ['{"packages":{', '{"packages":{"a":{"b":1}', '{"packages":{"a":1}}}']) {
    expect(() => parseSharing(text)).toThrow(SyntaxError);
  }
  for (const value of [
    { packages: { a: { b: '}}' } } },
    { packages: { a: 1 }, more: { deep: {} } },
    { packages: '\u0000packages 0', other: { packages: { a: { b: 1 } } } },
    { text: '"packages":{"a":{"b":1}}' },
  ]) {
    expect(parseSharing(JSON.stringify(value))).toEqual(value);
    expect(parseSharing(JSON.stringify(value, null, 2))).toEqual(value);
  }
});

test('whatever the JSON, it is what JSON.parse makes of it', () => {
  const key = fc.oneof(fc.constant('packages'), fc.string());
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof({ maxDepth: 5 }, fc.jsonValue(), fc.dictionary(key, tie('json')), fc.array(tie('json'))),
  }));
  fc.assert(
    fc.property(json, (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(parseSharing(text))).toBe(JSON.stringify(JSON.parse(text)));
    }),
    runs(20_000),
  );
});
