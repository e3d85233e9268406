import { expect, test } from 'vitest';
import type { ReleaseManifest } from '../../../src/model/release.ts';
import { planHops } from '../../../src/resolve/hops/plan-hops.ts';
import { manifestOf } from '../../support/catalogue-of.ts';
import { installedOf, requestOf } from '../../support/resolve/random-hops.ts';

type Facts = Parameters<typeof manifestOf>[2];

const db = (version: string, facts: Facts = {}): ReleaseManifest => manifestOf('db', version, facts);
const query = (version: string, facts: Facts = {}): ReleaseManifest => manifestOf('query', version, facts);
const needs = (name: string, versionConstraint: string): Facts => ({
  dependencies: [{ package: name, versionConstraint }],
});

/** From the first of each package to the last of it; the way as `db 1.4.0 query 1.1.0`. */
function way(
  releases: readonly ReleaseManifest[],
  facts: Partial<Parameters<typeof requestOf>[1]> = {},
): readonly string[] | string {
  const byName = Map.groupBy(releases, (release) => release.package);
  const installed = Object.fromEntries([...byName].map(([name, list]) => [name, installedOf(list[0]!)]));
  const target = new Map([...byName].map(([name, list]) => [name, list.at(-1)!]));
  const found = planHops(requestOf(releases, { installed, target, ...facts }));
  if (found.kind === 'none') return found.because;
  return found.hops.map(({ packages }) =>
    Object.entries(packages)
      .map(([name, { version }]) => `${name} ${version}`)
      .join(' '),
  );
}

test('one minor away is one hop, further away goes through the newest release of each minor', () => {
  expect(way([db('1.4.0'), db('1.5.0')])).toEqual(['db 1.5.0']);
  expect(way(['1.3.2', '1.4.0', '1.4.7', '1.5.1', '1.6.0'].map((version) => db(version)))).toEqual([
    'db 1.4.7',
    'db 1.5.1',
    'db 1.6.0',
  ]);
});

test('nothing to do is one set, which is the target', () => {
  expect(way([db('1.4.0')])).toEqual(['db 1.4.0']);
});

test('withdrawn releases and pre-releases are not passed through', () => {
  const [bad, candidate] = [db('1.4.7'), db('1.4.8-rc.1')];
  const releases = [db('1.3.2'), db('1.4.0'), bad, candidate, db('1.5.0')];
  expect(way(releases, { withdrawn: new Set([bad.manifestHash]) })).toEqual(['db 1.4.0', 'db 1.5.0']);
});

test('on the way to a pre-release others may be passed through', () => {
  expect(way([db('1.3.0'), db('1.4.0-rc.2'), db('1.5.0-rc.1')])).toEqual(['db 1.4.0-rc.2', 'db 1.5.0-rc.1']);
});

test('a step that is known to go wrong is gone around, or named with its reason', () => {
  const releases = ['1.4.0', '1.4.9', '1.5.0'].map((version) => db(version));
  const bad = { package: 'db', from: '1.4.0', to: '1.5.x', reason: 'loses indexes' };
  expect(way(releases, { knownBad: [bad] })).toEqual(['db 1.4.9', 'db 1.5.0']);
  expect(way(releases, { knownBad: [{ ...bad, from: '1.4.x' }] })).toContain('(loses indexes)');
});

test('minUpgradeFrom and the data schema rise step by step', () => {
  expect(way([db('1.4.0'), db('1.4.5'), db('1.5.0', { minUpgradeFrom: '1.4.5' })])).toEqual(['db 1.4.5', 'db 1.5.0']);
  const schema = (version: string, dataSchemaVersion: number) => db(version, { dataSchemaVersion });
  expect(way([schema('1.4.0', 1), schema('1.4.5', 2), schema('1.5.0', 3)])).toEqual(['db 1.4.5', 'db 1.5.0']);
  expect(way([schema('1.4.0', 1), schema('1.5.0', 3)])).toContain('writes data schema 3');
});

test('packages that need each other move in the same hop', () => {
  const releases = [
    db('1.4.0'),
    db('1.5.0', needs('query', '~1.5')),
    db('1.6.0', needs('query', '~1.6')),
    query('1.4.0'),
    query('1.5.0', needs('db', '~1.5')),
    query('1.6.0', needs('db', '~1.6')),
  ];
  expect(way(releases)).toEqual(['db 1.5.0 query 1.5.0', 'db 1.6.0 query 1.6.0']);
});

test('a new package comes with the hop that needs it, else with the last', () => {
  const base = manifestOf('base', '3.0.0');
  const target = (list: readonly ReleaseManifest[]) =>
    new Map([
      ['base', base],
      ['db', list.at(-1)!],
    ]);
  const early = [db('1.4.0'), db('1.5.0', needs('base', '*')), db('1.6.0')];
  const installed = { db: installedOf(early[0]!) };
  expect(way([...early, base], { installed, target: target(early) })).toEqual([
    'base 3.0.0 db 1.5.0',
    'base 3.0.0 db 1.6.0',
  ]);
  const late = [db('1.4.0'), db('1.5.0'), db('1.6.0')];
  expect(way([...late, base], { installed, target: target(late) })).toEqual(['db 1.5.0', 'base 3.0.0 db 1.6.0']);
});

test('where packages fit together on no way, what they need of each other is named', () => {
  const because = way([db('1.4.0'), db('1.5.0', needs('query', '<1.4')), db('1.6.0'), query('1.4.0')]);
  expect(because).toContain('db 1.5.0 needs query <1.4');
});

test('a gap in the releases is named with the versions around it', () => {
  const because = way([db('1.3.0'), db('1.4.2'), db('1.6.0')]);
  expect(because).toMatch(/from 1\.3\.0 to 1\.4\.2 and no further.*1\.6\.0 is more than one minor version away/u);
});

test('going down is no way', () => {
  expect(way([db('1.5.0'), db('1.4.0')])).toContain('would go down from 1.5.0 to 1.4.0');
});

test('what a release says of its own package does not stand in its way', () => {
  const own = { dependencies: [{ package: 'query', optional: true, conflicts: ['db'] }] };
  const releases = [db('1.4.0'), db('1.5.0', own), db('1.6.0')];
  expect(way(releases)).toEqual(['db 1.5.0', 'db 1.6.0']);
});
