import { expect, test } from 'vitest';
import type { Catalogue } from '../../../src/model/release.ts';
import { resolveLock } from '../../../src/resolve/resolve-lock.ts';
import { catalogueOf, manifestOf } from '../../support/catalogue-of.ts';
import { desiredOf, goodFleet } from '../../support/findings-of.ts';

function resolve(packages: string, catalogue: Catalogue): readonly [readonly string[], readonly string[]] {
  const desired = desiredOf(goodFleet.replace('{ themisdb: "1.5.0" }', `{ ${packages} }`));
  const { lock, findings } = resolveLock(desired, catalogue);
  return [
    lock.packages.map((pin) => `${pin.package} ${pin.version} ${pin.platform}/${pin.architecture}`),
    findings.map(({ code, severity, source }) => `${severity} ${code} ${source?.line ?? 0}`),
  ];
}

const versions = (...list: readonly string[]) => list.map((version) => manifestOf('db', version));

test('the newest version that satisfies the range is pinned', () => {
  const catalogue = catalogueOf(versions('1.9.0', '1.10.0', '2.0.0', '1.2.0'));
  expect(resolve('db: "^1.2.0"', catalogue)).toEqual([['db 1.10.0 linux/x64'], []]);
});

test('a withdrawn release is never pinned', () => {
  const [bad] = versions('1.3.0');
  expect(resolve('db: "1.x"', catalogueOf([...versions('1.2.0'), bad!], [bad!]))).toEqual([['db 1.2.0 linux/x64'], []]);
  expect(resolve('db: "1.3.0"', catalogueOf([bad!], [bad!]))).toEqual([[], ['error THM1307 5']]);
});

test('a pre-release counts only where the range names one', () => {
  const catalogue = catalogueOf(versions('1.2.0', '1.3.0-rc.1'));
  expect(resolve('db: ">=1.0.0"', catalogue)[0]).toEqual(['db 1.2.0 linux/x64']);
  expect(resolve('db: ">=1.3.0-rc.0"', catalogue)[0]).toEqual(['db 1.3.0-rc.1 linux/x64']);
});

test('every platform gets its pin, and different versions are a warning', () => {
  const releases = [...versions('1.2.0'), manifestOf('db', '1.1.0', { platform: 'macos', architecture: 'arm64' })];
  expect(resolve('db: "1.x"', catalogueOf(releases))).toEqual([
    ['db 1.2.0 linux/x64', 'db 1.1.0 macos/arm64'],
    ['warning THM1308 5'],
  ]);
});

test('of two builds of one version the higher counter counts, in whatever order they come', () => {
  const builds = [manifestOf('db', '1.2.0', { counter: 2 }), manifestOf('db', '1.2.0', { counter: 7 })];
  const desired = desiredOf(goodFleet.replace('themisdb:', 'db:').replace('1.5.0', '1.2.0'));
  for (const releases of [builds, builds.toReversed()]) {
    expect(resolveLock(desired, catalogueOf(releases)).lock.packages[0]?.manifestHash).toBe(builds[1]!.manifestHash);
  }
});

test('no release, and no release that satisfies, are errors at the range', () => {
  expect(resolve('db: "3.x"', catalogueOf(versions('1.2.0')))).toEqual([[], ['error THM1307 5']]);
  expect(resolve('db: "3.x"', catalogueOf([]))).toEqual([[], ['error THM1307 5']]);
});

test('a dependency must be a package of the Fleet, in a version that fits, unless it is optional', () => {
  const needs = (more: object) =>
    manifestOf('db', '1.0.0', { dependencies: [{ package: 'query', versionConstraint: '>=2', ...more }] });
  const query = manifestOf('query', '1.0.0');
  expect(resolve('db: "1"', catalogueOf([needs({})]))[1]).toEqual(['error THM1309 5']);
  expect(resolve('db: "1"', catalogueOf([needs({ optional: true })]))[1]).toEqual([]);
  expect(resolve('db: "1", query: "1"', catalogueOf([needs({}), query]))[1]).toEqual(['error THM1309 5']);
  expect(resolve('db: "1", query: "1"', catalogueOf([needs({ versionConstraint: '1.x' }), query]))[1]).toEqual([]);
});

test('packages that exclude each other are an error, unless they never meet on a node', () => {
  const db = manifestOf('db', '1.0.0', { dependencies: [{ package: 'x', optional: true, conflicts: ['query'] }] });
  expect(resolve('db: "1", query: "1"', catalogueOf([db, manifestOf('query', '1.0.0')]))[1]).toEqual([
    'error THM1310 5',
  ]);
  const mac = manifestOf('query', '1.0.0', { platform: 'macos' });
  expect(resolve('db: "1", query: "1"', catalogueOf([db, mac]))[1]).toEqual([]);
});
