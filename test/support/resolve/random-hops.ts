/** Small ways for a node to go, and what they must come to, by trying every set of packages after every hop. */
import fc from 'fast-check';
import semver from 'semver';
import type { KnownBadUpgrade } from '../../../src/model/desired.ts';
import type { InstalledPackage } from '../../../src/model/observed.ts';
import type { ReleaseDependency, ReleaseManifest } from '../../../src/model/release.ts';
import type { HopRequest } from '../../../src/resolve/hops/hop-request.ts';
import { withinSkew } from '../../../src/resolve/minor-step.ts';
import { manifestOf } from '../catalogue-of.ts';

const names = ['a', 'b', 'c'] as const;
const pool = ['1.0.0', '1.1.0', '1.1.3', '1.2.0-rc.1', '1.2.0', '1.3.0', '1.4.0', '2.0.0'] as const;
const ranges = ['*', '>=1.1', '<1.2', '>=1.1.0 <1.3.0', '1.2.0', '>=1.2.0', '<2', '>=2', '^1.0.0'] as const;

const dependency = (self: string): fc.Arbitrary<ReleaseDependency> =>
  fc
    .record({
      package: fc.constantFrom(...names.filter((name) => name !== self), ...(self === 'a' ? ['stray'] : [])),
      versionConstraint: fc.constantFrom(...ranges),
      optional: fc.boolean(),
      conflict: fc.option(fc.constantFrom('', '@<1.2', '@1.3.0'), { freq: 5 }),
    })
    .map(({ conflict, ...rest }) => ({ ...rest, conflicts: conflict === null ? [] : [`${rest.package}${conflict}`] }));

function releases(name: string): fc.Arbitrary<readonly ReleaseManifest[]> {
  return fc.subarray([...pool], { minLength: 3, maxLength: 7 }).chain((versions) =>
    fc.tuple(
      ...versions.map((version) =>
        fc
          .record({
            minUpgradeFrom: fc.option(fc.constantFrom('1.0.0', '1.1.0', '1.2.0', '1.3.0'), { freq: 5 }),
            dataSchemaVersion: fc.constantFrom(1, 1, 1, 1, 2, 2, 3),
            dependencies: fc.oneof(
              { weight: 4, arbitrary: fc.constant([]) },
              { weight: 1, arbitrary: dependency(name).map((one) => [one]) },
            ),
          })
          .map((facts) =>
            manifestOf(name, version, { ...facts, minUpgradeFrom: admitted(version, facts.minUpgradeFrom) }),
          ),
      ),
    ),
  );
}

/** A new major is one step only where it says from what. */
function admitted(version: string, from: string | null): string | null {
  if (version === '2.0.0') return from ?? '1.3.0';
  return from !== null && semver.lt(from, version) ? from : null;
}

export interface RandomHops {
  readonly request: HopRequest;
  readonly releases: readonly ReleaseManifest[];
}

export const randomHops: fc.Arbitrary<RandomHops> = fc
  .record({
    count: fc.integer({ min: 1, max: 3 }),
    releases: fc.tuple(releases('a'), releases('b'), releases('c')),
    ends: fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)),
    starts: fc.tuple(
      fc.integer({ min: -20, max: 99 }),
      fc.integer({ min: -20, max: 99 }),
      fc.integer({ min: -20, max: 99 }),
    ),
    yanked: fc.array(fc.nat(99), { maxLength: 2 }),
    knownBad: fc.array(
      fc.record({ package: fc.constantFrom(...names), from: fc.constantFrom(...ranges), to: fc.constantFrom(...pool) }),
      { maxLength: 2 },
    ),
    maxMinorSkew: fc.constantFrom(1, 1, 1, 2),
    stray: fc.option(fc.constantFrom('1.0.0', '1.2.0')),
  })
  .map(({ count, releases, ends, starts, yanked, knownBad, maxMinorSkew, stray }) => {
    const all = releases.slice(0, count).flat();
    const withdrawn = new Set(yanked.map((index) => all[index % all.length]!.manifestHash));
    const installed: Record<string, InstalledPackage> = {};
    const target = new Map<string, ReleaseManifest>();
    for (let index = 0; index < count; index += 1) {
      const list = releases[index]!;
      // Mostly from the lowest to the highest, so that ways are long.
      const end = list.length - 1 - Math.max(0, (ends[index]! % (list.length + 3)) - 3);
      target.set(names[index]!, list[end]!);
      const start = starts[index]!;
      if (start >= 0) installed[names[index]!] = installedOf(list[start < 60 ? 0 : start % (end + 1)]!);
    }
    if (stray !== null) installed['stray'] = installedOf(manifestOf('stray', stray));
    const bad = knownBad.map((entry): KnownBadUpgrade => ({ ...entry, reason: 'it hangs' }));
    return { request: requestOf(all, { installed, target, withdrawn, knownBad: bad, maxMinorSkew }), releases: all };
  });

export function requestOf(
  releases: readonly ReleaseManifest[],
  facts: Pick<HopRequest, 'installed' | 'target'> &
    Partial<Pick<HopRequest, 'knownBad' | 'maxMinorSkew'>> & { readonly withdrawn?: ReadonlySet<string> },
): HopRequest {
  return {
    platform: 'linux',
    architecture: 'x64',
    installed: facts.installed,
    target: facts.target,
    releasesOf: (name) => releases.filter((release) => release.package === name),
    isYanked: (hash) => facts.withdrawn?.has(hash) ?? false,
    knownBad: facts.knownBad ?? [],
    maxMinorSkew: facts.maxMinorSkew ?? 1,
  };
}

export function installedOf({ version, manifestHash, dataSchemaVersion }: ReleaseManifest): InstalledPackage {
  return { version, manifestHash, dataSchemaVersion };
}

type State = readonly (ReleaseManifest | undefined)[];

/** The fewest hops, and of equally many the highest versions, by trying everything; undefined: no way. */
export function bruteForceHops({ request, releases }: RandomHops): readonly string[] | undefined {
  const managed = [...request.target.keys()].sort();
  const own = managed.map((name) => releases.filter((release) => release.package === name));
  const goal: State = managed.map((name) => request.target.get(name));
  const start: State = managed.map((name, index) =>
    own[index]!.find((release) => release.manifestHash === request.installed[name]?.manifestHash),
  );
  if (start.some((release, index) => release !== undefined && semver.gt(release.version, goal[index]!.version)))
    return undefined;
  const choices = own.map((list, index) => {
    const [from, to] = [start[index], goal[index]!];
    const preReleases = [from, to].some((one) => one !== undefined && one.version.includes('-'));
    const passable = list.filter(
      (one) =>
        one === from ||
        one === to ||
        (!request.isYanked(one.manifestHash) &&
          (preReleases || !one.version.includes('-')) &&
          semver.lt(one.version, to.version)),
    );
    passable.sort((x, y) => semver.rcompare(x.version, y.version));
    return from === undefined ? [...passable, undefined] : passable;
  });
  const every = product(choices).filter((state) => fitsTogether(state, request));
  for (let hops = 1; hops <= 12; hops += 1) {
    const world = { every, start, goal, hops, request };
    if (isFeasible(world, new Map())) return preferred(world, choices, managed);
  }
  return undefined;
}

interface HopWorld {
  readonly every: readonly State[];
  readonly start: State;
  readonly goal: State;
  readonly hops: number;
  readonly request: HopRequest;
}

/** By `hop index`: what was settled. */
type Settled = ReadonlyMap<string, ReleaseManifest | undefined>;

function isFeasible({ every, start, goal, hops, request }: HopWorld, settled: Settled): boolean {
  let reached: readonly State[] = [start];
  for (let hop = 1; hop <= hops; hop += 1) {
    const allowed = (hop === hops ? [goal] : every).filter((state) =>
      state.every((release, index) => {
        const known = `${hop} ${index}`;
        return !settled.has(known) || settled.get(known) === release;
      }),
    );
    const from = reached;
    reached = allowed.filter((next) => from.some((state) => mayStep(state, next, request)));
  }
  return reached.length > 0;
}

/** Hop by hop and name by name the highest version that leaves a way; what nobody asks for comes with the last hop. */
function preferred(
  world: HopWorld,
  choices: readonly (readonly (ReleaseManifest | undefined)[])[],
  managed: readonly string[],
): readonly string[] {
  const settled = new Map<string, ReleaseManifest | undefined>();
  const isAsked = (hop: number, index: number): boolean =>
    world.start[index] !== undefined ||
    settled.get(`${hop - 1} ${index}`) !== undefined ||
    managed.some((_, other) =>
      settled
        .get(`${hop} ${other}`)
        ?.dependencies.some(({ package: name, optional }) => !optional && name === managed[index]),
    );
  for (;;) {
    const places = Array.from({ length: world.hops - 1 }, (_, hop) =>
      managed.map((_, index) => [hop + 1, index] as const),
    );
    const next = places.flat().find(([hop, index]) => !settled.has(`${hop} ${index}`) && isAsked(hop, index));
    if (next === undefined) break;
    const [hop, index] = next;
    const best = choices[index]!.find(
      (release) => release !== undefined && isFeasible(world, new Map([...settled, [`${hop} ${index}`, release]])),
    );
    settled.set(`${hop} ${index}`, best);
  }
  return Array.from({ length: world.hops }, (_, hop) =>
    key(hop === world.hops - 1 ? world.goal : managed.map((_, index) => settled.get(`${hop + 1} ${index}`))),
  );
}

function product(choices: readonly (readonly (ReleaseManifest | undefined)[])[]): State[] {
  return choices.reduce<State[]>((sets, list) => sets.flatMap((set) => list.map((one) => [...set, one])), [[]]);
}

function key(state: State): string {
  return state.map((release) => release?.version ?? '-').join(' ');
}

function mayStep(from: State, to: State, { knownBad, maxMinorSkew }: HopRequest): boolean {
  return from.every((before, index) => {
    const after = to[index];
    if (before === undefined || before === after) return true;
    if (after === undefined || semver.lt(after.version, before.version)) return false;
    const within = (version: string, range: string): boolean =>
      semver.satisfies(version, range, { includePrerelease: true });
    return (
      withinSkew(before, after, maxMinorSkew) &&
      (after.minUpgradeFrom === null || semver.gte(before.version, after.minUpgradeFrom)) &&
      after.dataSchemaVersion <= before.dataSchemaVersion + 1 &&
      !knownBad.some(
        (bad) => bad.package === after.package && within(before.version, bad.from) && within(after.version, bad.to),
      )
    );
  });
}

function fitsTogether(state: State, { installed }: HopRequest): boolean {
  const versions = new Map(
    state.flatMap((release) => (release === undefined ? [] : [[release.package, release.version]])),
  );
  const stray = installed['stray'];
  if (stray !== undefined) versions.set('stray', stray.version);
  return state.every((release) =>
    (release?.dependencies ?? []).every(({ package: name, versionConstraint, optional, conflicts }) => {
      const other = versions.get(name);
      if (other === undefined) return optional;
      const hits = conflicts.some((conflict) => {
        const range = conflict.split('@')[1];
        return range === undefined || semver.satisfies(other, range, { includePrerelease: true });
      });
      return semver.satisfies(other, versionConstraint) && !hits;
    }),
  );
}
