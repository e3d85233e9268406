import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assetName, assetPathOf } from '../../src/adapters/release-source/github/asset-path.ts';
import { linkTo } from '../../src/adapters/release-source/github/api.ts';
import { pathProblem } from '../../src/kernel/path-guard.ts';
import { runs } from '../support/runs.ts';

const part = fc.string({
  unit: fc.constantFrom('a', 'Z', '0', '.', '_', '-', '+', ' ', 'ü', '漢', '5', 'F', '~'),
  minLength: 1,
  maxLength: 6,
});
const path = fc
  .array(part, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'))
  .filter((text) => pathProblem(text) === undefined);

test('no two paths are one asset, and every name is one that GitHub leaves as it is', () => {
  fc.assert(
    fc.property(path, path, (one, other) => {
      const [a, b] = [assetPathOf(one), assetPathOf(other)];
      if (one !== other) expect(a).not.toEqual(b);
      expect(a.name).toMatch(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/u);
    }),
    runs(100_000),
  );
});

test.each([
  ['index.json.p7s', 'themis-index', 'index.json.p7s'],
  ['crls/ca.crl', 'themis-index', 'crls__ca.crl'],
  ['index/0a.delta.json', 'themis-index', 'index__0a.delta.json'],
  ['deltas/db-1.4.0-1.5.0/delta.json', 'deltas-db-1.4.0-1.5.0', 'delta.json'],
  ['deltas/db-1.4.0-1.5.0/patches/0a', 'deltas-db-1.4.0-1.5.0', 'patches__0a'],
  ['v1.5.0/release.json', 'v1.5.0', 'release.json'],
  ['v1.5.0/linux-x64/lib/my_lib.so', 'v1.5.0', 'linux-x64__lib__my_5Flib.so'],
  ['v1/.config', 'v1', '_2Econfig'],
  ['v1/a+b', 'v1', 'a_2Bb'],
])('%s is in %s as %s', (given, tag, name) => {
  expect(assetPathOf(given)).toEqual({ tag, name });
});

test('names below a directory are those of the paths', () => {
  expect(assetName('lib/ü')).toBe('lib___C3_BC');
});

test.each([
  ['<https://h/a?page=2>; rel="next", <https://h/a?page=9>; rel="last"', 'https://h/a?page=2'],
  ['<https://h/1>; rel="first", <https://h/2,3>;rel=next', 'https://h/2,3'],
  ['<https://h/1>; title="a, b"; rel="prev next"', 'https://h/1'],
  ['<https://h/1>; rel="last"', null],
  ['', null],
])('the next page of %j is %j', (text, next) => {
  expect(linkTo('next', text)).toBe(next);
});
