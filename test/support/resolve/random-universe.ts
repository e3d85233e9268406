/** Small universes of packages, and what resolving them must come to, by trying every assignment. */
import fc from 'fast-check';
import semver from 'semver';
import type { LockedPackage } from '../../../src/model/desired.ts';
import type { ReleaseDependency, ReleaseManifest } from '../../../src/model/release.ts';
import { pinOf } from '../../../src/resolve/pin.ts';
import type { ReleaseFact } from '../../../src/resolve/universe/release-problem.ts';
import { manifestOf } from '../catalogue-of.ts';

const names = ['a', 'b', 'c', 'd', 'e'] as const;
const pool = ['1.0.0', '1.1.0', '1.2.0-rc.1', '2.0.0', '2.1.0'] as const;
const usual = ['*', '^1.0.0', '>=1.1.0', '<2', '>=2', '2.x', '>=1.2.0-rc.0', '<1.1.0 || >=2.1.0'] as const;
const ranges = [...usual, ...usual, '1.1.0', '3.x'] as const;

export interface RandomUniverse {
  readonly packages: Readonly<Record<string, string>>;
  readonly releases: readonly ReleaseManifest[];
  readonly yanked: readonly ReleaseManifest[];
  readonly pins: readonly LockedPackage[];
}

const dependencies = (self: number): fc.Arbitrary<readonly ReleaseDependency[]> =>
  fc
    .uniqueArray(
      fc.record({
        package: fc.oneof(
          { weight: 20, arbitrary: fc.constantFrom(...names.filter((_, index) => index !== self)) },
          { weight: 1, arbitrary: fc.constant('nowhere') },
        ),
        versionConstraint: fc.constantFrom(...ranges),
        optional: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
        conflict: fc.option(fc.constantFrom('', '@<2', '@2.1.0'), { freq: 6 }),
      }),
      { maxLength: 2, selector: (one) => one.package },
    )
    .map((list) =>
      list.map(({ conflict, ...one }) => ({
        ...one,
        conflicts: conflict === null ? [] : [`${one.package}${conflict}`],
      })),
    );

const releases = (index: number): fc.Arbitrary<readonly ReleaseManifest[]> =>
  fc
    .subarray([...pool], { minLength: 1, maxLength: 4 })
    .chain((versions) =>
      fc.tuple(
        ...versions.map((version) =>
          dependencies(index).map((list) => manifestOf(names[index]!, version, { dependencies: list })),
        ),
      ),
    );

export const randomUniverse: fc.Arbitrary<RandomUniverse> = fc
  .record({
    releases: fc.tuple(...names.map((_, index) => releases(index))),
    wants: fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...usual)), {
      minLength: 1,
      maxLength: 3,
      selector: ([name]) => name,
    }),
    yanked: fc.array(fc.nat(99), { maxLength: 2 }),
    pins: fc.array(fc.nat(99), { maxLength: 3 }),
  })
  .map(({ releases, wants, yanked, pins }) => {
    const all = releases.flat();
    const picked = (indexes: readonly number[]): ReleaseManifest[] => indexes.map((index) => all[index % all.length]!);
    const pinned = new Map(picked(pins).map((release) => [release.package, pinOf(release)]));
    return {
      packages: Object.fromEntries(wants),
      releases: all,
      yanked: picked(yanked),
      pins: [...pinned.values()],
    };
  });

/** By package: undefined is absent. */
type Assignment = ReadonlyMap<string, ReleaseManifest | undefined>;

/** `a 1.0.0` for each pin; undefined: nothing satisfies. Wants that no usable release satisfies are for the caller. */
export function bruteForceLock(universe: RandomUniverse): readonly string[] | undefined {
  const { packages, releases, yanked, pins } = universe;
  const isPinned = (release: ReleaseManifest): boolean => pins.some((pin) => pin.manifestHash === release.manifestHash);
  const isAllowed = (release: ReleaseManifest): boolean => !yanked.includes(release) || isPinned(release);
  const valid = assignments(releases.filter(isAllowed)).filter((chosen) => fits(chosen, packages));
  if (valid.length === 0) return undefined;
  const settled = new Map<string, ReleaseManifest>();
  const leaves = (name: string, release: ReleaseManifest): boolean =>
    valid.some(
      (chosen) => chosen.get(name) === release && [...settled].every(([other, one]) => chosen.get(other) === one),
    );
  for (;;) {
    const asked = new Set(
      [...settled.values()].flatMap(({ dependencies }) =>
        dependencies.filter((one) => !one.optional).map((one) => one.package),
      ),
    );
    const next =
      Object.keys(packages)
        .sort()
        .find((name) => !settled.has(name)) ?? [...asked].sort().find((name) => !settled.has(name));
    if (next === undefined) break;
    const order = releases
      .filter((release) => release.package === next && isAllowed(release))
      .sort((x, y) => rank(y) - rank(x) || semver.rcompare(x.version, y.version));
    settled.set(
      next,
      order.find((release) => leaves(next, release))!,
    );
  }
  return [...settled.values()].map((release) => `${release.package} ${release.version}`).sort();

  function rank(release: ReleaseManifest): number {
    if (!isPinned(release)) return 1;
    return yanked.includes(release) ? 0 : 2;
  }
}

function assignments(releases: readonly ReleaseManifest[]): readonly Assignment[] {
  let all: Assignment[] = [new Map()];
  for (const [name, list] of Map.groupBy(releases, (release) => release.package)) {
    all = all.flatMap((chosen) => [undefined, ...list].map((release) => new Map(chosen).set(name, release)));
  }
  return all;
}

function fits(chosen: Assignment, packages: RandomUniverse['packages']): boolean {
  for (const [name, range] of Object.entries(packages)) {
    const release = chosen.get(name);
    if (release === undefined || !semver.satisfies(release.version, range)) return false;
  }
  return [...chosen.values()].every((release) => release === undefined || isContent(release, chosen));
}

function isContent(release: ReleaseManifest, chosen: Assignment): boolean {
  return release.dependencies.every((dependency) => {
    const other = chosen.get(dependency.package);
    if (other === undefined) return dependency.optional;
    return (
      semver.satisfies(other.version, dependency.versionConstraint) &&
      !dependency.conflicts.some((conflict) => isHit(other, conflict.split('@')[1]))
    );
  });
}

function isHit(other: ReleaseManifest, range: string | undefined): boolean {
  return range === undefined || semver.satisfies(other.version, range, { includePrerelease: true });
}

/** Whether some assignment of these releases satisfies the facts, and nothing but the facts. */
export function areSatisfiable(facts: readonly ReleaseFact[], releases: readonly ReleaseManifest[]): boolean {
  const concerned = new Set(
    facts.flatMap((fact) => (fact.kind === 'withdrawn' || fact.kind === 'unbuilt' ? [] : [fact.package])),
  );
  for (const fact of facts) if (fact.kind !== 'wants') concerned.add(fact.release.package);
  return assignments(releases.filter((release) => concerned.has(release.package))).some((chosen) =>
    facts.every((fact) => holds(fact, chosen)),
  );
}

function holds(fact: ReleaseFact, chosen: Assignment): boolean {
  if (fact.kind === 'wants') {
    const release = chosen.get(fact.package);
    return release !== undefined && semver.satisfies(release.version, fact.range);
  }
  if (chosen.get(fact.release.package) !== fact.release) return true;
  if (fact.kind === 'withdrawn' || fact.kind === 'unbuilt') return false;
  const other = chosen.get(fact.package);
  switch (fact.kind) {
    case 'needs':
      return other !== undefined && semver.satisfies(other.version, fact.range!);
    case 'takes':
      return other === undefined || semver.satisfies(other.version, fact.range!);
    case 'excludes':
      return other === undefined || !isHit(other, fact.range);
  }
}
