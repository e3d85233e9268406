import { expect, test } from 'vitest';
import type { InstalledPackage } from '../../../../src/model/observed.ts';
import { createReach } from '../../../../src/plan/schema/release-reach.ts';

function packages(versions: Readonly<Record<string, string>>): Readonly<Record<string, InstalledPackage>> {
  const installed = (version: string): InstalledPackage => ({
    version,
    manifestHash: `sha256:${'0'.repeat(64)}`,
    dataSchemaVersion: 1,
  });
  return Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, installed(version)]));
}

test.each([
  ['>=1.5.0', '1.4.9', false],
  ['>=1.5.0', '1.5.0', true],
  ['>=1.5.0', '1.5.0-rc.1', false],
  ['>=1.5.0', '1.6.0-rc.1', true],
  ['>=1.5.0 <1.6', '1.7.2', true],
  ['1.5.0', '1.5.1', true],
  ['1.4.x || 1.6.x', '1.5.0', false],
  ['1.4.x || 1.6.x', '1.4.3', true],
  ['<1.5.0', '1.5.0', true],
])('%s is reached by %s: %s', (range, version, reached) => {
  expect(createReach({ db: range })(packages({ db: version }))).toBe(reached);
});

test('all packages that the release names count, and no others', () => {
  const reaches = createReach({ db: '>=2.0.0', query: '>=1.1.0' });
  expect(reaches(packages({ db: '2.0.0', query: '1.0.0' }))).toBe(false);
  expect(reaches(packages({ db: '2.0.0' }))).toBe(false);
  expect(reaches(packages({ db: '2.0.0', query: '1.1.0', other: '0.1.0' }))).toBe(true);
  expect(createReach({ constructor: '>=1.0.0' })(packages({}))).toBe(false);
});
