import fc from 'fast-check';
import semver from 'semver';
import { expect, test } from 'vitest';
import type { Desired } from '../../../src/model/desired.ts';
import { resolveLock } from '../../../src/resolve/resolve-lock.ts';
import { platformUniverse, resolveUniverse } from '../../../src/resolve/resolve-platform.ts';
import { catalogueOf } from '../../support/catalogue-of.ts';
import {
  areSatisfiable,
  bruteForceLock,
  randomUniverse,
  type RandomUniverse,
} from '../../support/resolve/random-universe.ts';
import { runs } from '../../support/runs.ts';

function desiredOf({ packages }: RandomUniverse): Pick<Desired, 'fleet' | 'sources'> {
  return { fleet: { packages } as Desired['fleet'], sources: new Map() };
}

function resolve(universe: RandomUniverse): ReturnType<typeof resolveLock> {
  const { releases, yanked, pins } = universe;
  return resolveLock(desiredOf(universe), catalogueOf(releases, yanked), { pins });
}

/** Packages that no release could ever be are told apart: nothing is searched for them. */
function hasRelease({ packages, releases, yanked, pins }: RandomUniverse): boolean {
  return Object.entries(packages).every(([name, range]) =>
    releases.some(
      (release) =>
        release.package === name &&
        semver.satisfies(release.version, range) &&
        (!yanked.includes(release) || pins.some((pin) => pin.manifestHash === release.manifestHash)),
    ),
  );
}

test('there is a lock exactly where trying everything finds one, and it is the preferred one', () => {
  const seen = { locked: 0, unsolvable: 0, backfilled: 0 };
  fc.assert(
    fc.property(randomUniverse, (universe) => {
      const { lock, findings } = resolve(universe);
      const errors = findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
      const expected = bruteForceLock(universe);
      if (expected === undefined) {
        expect(errors.some((code) => ['THM1307', 'THM1309', 'THM1310'].includes(code))).toBe(true);
        seen.unsolvable += 1;
        return;
      }
      expect(errors.filter((code) => code !== 'THM1312')).toEqual([]);
      expect(lock.packages.map((pin) => `${pin.package} ${pin.version}`)).toEqual(expected);
      seen.locked += 1;
      if (expected.length > Object.keys(universe.packages).length) seen.backfilled += 1;
    }),
    runs(100_000),
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
});

test('the facts of an explanation allow no solution, and each subset of them does', () => {
  let told = 0;
  fc.assert(
    fc.property(randomUniverse, (universe) => {
      const { packages, releases, yanked } = universe;
      const world = {
        releases: Map.groupBy(releases, (release) => release.package),
        yanked: new Set<string>(yanked.map(({ manifestHash }) => manifestHash)),
        presentOn: () => new Map(),
      };
      const wants = Object.entries(packages).map(([name, range]) => ({ package: name, range, source: undefined }));
      const platform = { platform: 'linux', architecture: 'x64' };
      const resolution = resolveUniverse({ ...platformUniverse(world, wants, platform), wants }, undefined);
      if (resolution.kind !== 'unsolvable') return;
      told += 1;
      const { facts, isMinimal, sentences } = resolution.explanation;
      expect(isMinimal).toBe(true);
      expect(areSatisfiable(facts, releases)).toBe(false);
      // Satisfiable without one fact, so without several.
      for (const fact of facts)
        expect(
          areSatisfiable(
            facts.filter((one) => one !== fact),
            releases,
          ),
        ).toBe(true);
      const text = sentences.join(' ');
      for (const fact of facts) {
        if (fact.kind === 'wants') expect(text).toMatch(new RegExp(`he Fleet wants ${fact.package} `, 'u'));
        else expect(text).toContain(`${fact.release.package} `);
      }
    }),
    runs(50_000),
  );
  expect(told).toBeGreaterThan(50);
});

test('the order in which releases, packages and pins are listed changes nothing', () => {
  const shuffled = randomUniverse.chain((universe) =>
    fc.record({
      universe: fc.constant(universe),
      releases: fc.shuffledSubarray([...universe.releases], { minLength: universe.releases.length }),
    }),
  );
  fc.assert(
    fc.property(shuffled, ({ universe, releases }) => {
      const packages = Object.fromEntries(Object.entries(universe.packages).reverse());
      const again = resolve({ ...universe, packages, releases, pins: universe.pins.toReversed() });
      expect(JSON.stringify(again)).toBe(JSON.stringify(resolve(universe)));
    }),
    runs(20_000),
  );
});

test('what was locked stays locked', () => {
  fc.assert(
    fc.property(randomUniverse, (universe) => {
      const first = resolve(universe);
      if (!hasRelease(universe) || first.findings.some(({ severity }) => severity === 'error')) return;
      const again = resolve({ ...universe, pins: first.lock.packages });
      expect(again.lock).toEqual(first.lock);
    }),
    runs(20_000),
  );
});
