import { expect, test } from 'vitest';
import type { Desired } from '../../../src/model/desired.ts';
import type { Catalogue, ReleaseManifest } from '../../../src/model/release.ts';
import { pinOf } from '../../../src/resolve/pin.ts';
import { resolveLock } from '../../../src/resolve/resolve-lock.ts';
import { catalogueOf, manifestOf } from '../../support/catalogue-of.ts';
import { desiredOf, goodFleet } from '../../support/findings-of.ts';
import { threeSat } from '../../support/resolve/bench-universe.ts';

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

const needs = (name: string, versionConstraint: string, more: object = {}) => ({
  dependencies: [{ package: name, versionConstraint, ...more }],
});

test('what a release needs is pinned beside it, though the Fleet does not list it', () => {
  const releases = [
    manifestOf('db', '1.0.0', needs('query', '>=2')),
    ...['1.9.0', '2.1.0'].map((v) => manifestOf('query', v)),
  ];
  expect(resolve('db: "1"', catalogueOf(releases))).toEqual([['db 1.0.0 linux/x64', 'query 2.1.0 linux/x64'], []]);
});

test('an older release is taken where the newest cannot be beside the rest', () => {
  const releases = [
    manifestOf('db', '1.1.0', needs('query', '>=2')),
    manifestOf('db', '1.0.0', needs('query', '<2')),
    ...['1.9.0', '2.1.0'].map((v) => manifestOf('query', v)),
  ];
  expect(resolve('db: "*", query: "<2"', catalogueOf(releases))[0]).toEqual([
    'db 1.0.0 linux/x64',
    'query 1.9.0 linux/x64',
  ]);
});

test('a dependency that no release satisfies is an error, unless it is optional', () => {
  const query = manifestOf('query', '1.0.0');
  const db = (more: object) => manifestOf('db', '1.0.0', needs('query', '>=2', more));
  expect(resolve('db: "1"', catalogueOf([db({})]))[1]).toEqual(['error THM1309 5']);
  expect(resolve('db: "1"', catalogueOf([db({ optional: true }), query]))[1]).toEqual([]);
  expect(resolve('db: "1", query: "1"', catalogueOf([db({}), query]))[1]).toEqual(['error THM1309 5']);
  expect(resolve('db: "1", query: "1"', catalogueOf([db({ optional: true }), query]))[1]).toEqual(['error THM1309 5']);
});

test('packages that exclude each other are an error, unless they never meet on a node', () => {
  const db = manifestOf('db', '1.0.0', { dependencies: [{ package: 'x', optional: true, conflicts: ['query'] }] });
  expect(resolve('db: "1", query: "1"', catalogueOf([db, manifestOf('query', '1.0.0')]))[1]).toEqual([
    'error THM1310 5',
  ]);
  const mac = manifestOf('query', '1.0.0', { platform: 'macos' });
  expect(resolve('db: "1", query: "1"', catalogueOf([db, mac]))[1]).toEqual([]);
});

function keep(packages: string, pinned: readonly ReleaseManifest[], catalogue: Catalogue) {
  const desired = desiredOf(goodFleet.replace('{ themisdb: "1.5.0" }', `{ ${packages} }`));
  const { lock, findings } = resolveLock(desired, catalogue, { pins: pinned.map(pinOf) });
  return [lock.packages.map(({ version }) => version), findings.map(({ code, severity }) => `${severity} ${code}`)];
}

test('what is pinned stays while nothing forces a change', () => {
  const [old, now] = versions('1.2.0', '1.3.0');
  expect(keep('db: "1.x"', [old!], catalogueOf([old!, now!]))).toEqual([['1.2.0'], []]);
  expect(keep('db: ">=1.3"', [old!], catalogueOf([old!, now!]))).toEqual([['1.3.0'], []]);
});

test('what is installed stays where no pin does', () => {
  const releases = versions('1.2.0', '1.3.0', '1.4.0');
  const desired = desiredOf(goodFleet.replace('{ themisdb: "1.5.0" }', '{ db: "1.x" }'));
  const [installed] = releases;
  const options = { installed: [{ ...installed!, package: 'db' }] };
  expect(resolveLock(desired, catalogueOf(releases), options).lock.packages[0]?.version).toBe('1.2.0');
  const both = { ...options, pins: [pinOf(releases[1]!)] };
  expect(resolveLock(desired, catalogueOf(releases), both).lock.packages[0]?.version).toBe('1.3.0');
});

test('a pinned release that was withdrawn goes where another fits, and else stays with a warning', () => {
  const [bad, other] = versions('1.3.0', '1.2.0');
  expect(keep('db: "1.x"', [bad!], catalogueOf([bad!, other!], [bad!]))).toEqual([['1.2.0'], []]);
  expect(keep('db: "1.3.0"', [bad!], catalogueOf([bad!, other!], [bad!]))).toEqual([['1.3.0'], ['warning THM1313']]);
});

test('of builds for all and for one platform each node gets what was resolved for it', () => {
  const any = { platform: 'any', architecture: 'any' } as const;
  const releases = [
    manifestOf('db', '1.0.0', { ...any, ...needs('query', '*') }),
    manifestOf('query', '2.0.0', any),
    manifestOf('query', '2.0.0'),
  ];
  expect(resolve('db: "1"', catalogueOf(releases))).toEqual([
    ['db 1.0.0 any/any', 'query 2.0.0 any/any', 'query 2.0.0 linux/x64'],
    [],
  ]);
});

test('platforms that share a build are resolved alike, so that one pin serves both', () => {
  const any = { platform: 'any', architecture: 'any' } as const;
  const arm = { platform: 'linux', architecture: 'arm64' } as const;
  const releases = [
    manifestOf('db', '1.0.0', needs('query', '*')),
    manifestOf('db', '1.0.0', { ...arm, ...needs('query', '<2') }),
    manifestOf('query', '1.0.0', any),
    manifestOf('query', '2.0.0', any),
  ];
  const [pins, findings] = resolve('db: "1"', catalogueOf(releases));
  expect(pins).toEqual(['db 1.0.0 linux/arm64', 'db 1.0.0 linux/x64', 'query 1.0.0 any/any']);
  expect(findings).toEqual([]);
});

test('a circle is told with the place of each edge', () => {
  const releases = [manifestOf('a', '1.0.0', needs('b', '*')), manifestOf('b', '1.2.0', needs('a', '>=1'))];
  const { findings } = resolveLock(
    desiredOf(goodFleet.replace('{ themisdb: "1.5.0" }', '{ a: "1" }')),
    catalogueOf(releases),
  );
  expect(findings).toMatchObject([
    {
      code: 'THM1312',
      summary: expect.stringContaining('a → b → a') as string,
      details: [
        '0.yaml:5:18: a 1.0.0 needs b * (release.json of a 1.0.0 for linux/x64, dependencies[0])',
        'b 1.2.0 needs a >=1 (release.json of b 1.2.0 for linux/x64, dependencies[0])',
      ],
    },
  ]);
});

test('why nothing fits is told in sentences that name every fact with its place', () => {
  const releases = [
    manifestOf('db', '1.5.0', needs('query', '>=2')),
    manifestOf('db', '1.5.1', needs('query', '>=2')),
    ...['1.9.0', '2.1.0'].map((v) => manifestOf('query', v)),
  ];
  const desired = desiredOf(goodFleet.replace('{ themisdb: "1.5.0" }', '{ db: "^1.5.0", query: "<2" }'));
  const [finding] = resolveLock(desired, catalogueOf(releases)).findings;
  expect(finding?.summary).toBe('No releases satisfy db "^1.5.0" and query "<2" together.');
  expect(finding?.details).toEqual([
    'Because every release of db needs query >=2 and the Fleet wants query <2 (0.yaml:5:36), no release of db can be had.',
    'And because the Fleet wants db ^1.5.0 (0.yaml:5:19), nothing satisfies the Fleet.',
    'What it follows from:',
    '- the Fleet wants db ^1.5.0 (0.yaml:5:19)',
    '- the Fleet wants query <2 (0.yaml:5:36)',
    '- every release of db needs query >=2: release.json of db 1.5.0 for linux/x64, dependencies[0]; release.json of db 1.5.1 for linux/x64, dependencies[0]',
  ]);
});

test('of releases that lack different platforms each is told with its own', () => {
  const release = (version: string, platform: 'linux' | 'any', architecture: 'x64' | 'any') =>
    manifestOf('db', version, { platform, architecture });
  const catalogue = catalogueOf([release('1.0.0', 'linux', 'any'), release('2.0.0', 'any', 'x64')]);
  const { findings } = resolveLock(desiredOf(goodFleet.replace('{ themisdb: "1.5.0" }', '{ db: "*" }')), catalogue);
  const told = findings.flatMap(({ details = [] }) => details).join('\n');
  expect(told).toContain('db 1.0.0 is not built for any/x64 and db 2.0.0 is not built for linux/any');
});

test('a search that is too long is given up', () => {
  const { packages, releases } = threeSat(40, 4.26, 1);
  const desired = { fleet: { packages } as Desired['fleet'], sources: new Map() };
  const { findings } = resolveLock(desired, catalogueOf(releases), { maxSteps: 5_000 });
  expect(findings.map(({ code }) => code)).toEqual(['THM1311']);
});
