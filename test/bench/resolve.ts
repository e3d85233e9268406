/**
 * `themis lock` without reading files: ranges to pins. Registries of growing size, whose newest releases do not fit each
 * other; random 3-SAT near the ratio where it is hardest, bounded in steps; and a plain backtracking search over the
 * same small registry, given the same order and as many steps as it takes up to a limit.
 */
import type { Desired } from '../../src/model/desired.ts';
import { resolveLock } from '../../src/resolve/resolve-lock.ts';
import { satisfies } from '../../src/resolve/version-match.ts';
import { type BenchUniverse, layeredUniverse, threeSat } from '../support/resolve/bench-universe.ts';
import { backtrack } from '../support/resolve/backtrack.ts';
import type { Bench, BenchCase, BenchRow } from './bench.ts';
import { peakMiB, rounded } from './bench.ts';

type Row = Omit<BenchRow, 'case'>;

const versions = 50;
const sizes = [125, 250, 500, 1000, 2000] as const;
const seeds = [1, 2, 3, 4, 5] as const;
const hardSteps = 5_000_000;

function resolve({ packages, releases }: BenchUniverse, maxSteps?: number): ReturnType<typeof resolveLock> {
  const desired = { fleet: { packages } as Desired['fleet'], sources: new Map() };
  return resolveLock(desired, { releases, yanked: [] }, maxSteps === undefined ? {} : { maxSteps });
}

function timed<T>(run: () => T): readonly [T, number] {
  const start = performance.now();
  const result = run();
  return [result, rounded((performance.now() - start) / 1000)];
}

function registryCase(count: number): BenchCase {
  return {
    name: `${count}x${versions}`,
    async run() {
      const universe = layeredUniverse(count, versions);
      const [{ lock, findings }, seconds] = timed(() => resolve(universe));
      if (findings.length > 0) throw new Error(findings[0]!.summary);
      check(universe, new Map(lock.packages.map((pin) => [pin.package, pin.version])));
      const newest = newestOf(universe);
      const moved = lock.packages.filter((pin) => newest.get(pin.package) !== pin.version).length;
      return [
        { metric: 'seconds', value: seconds, unit: 's' },
        { metric: 'peakMiB', value: peakMiB(), unit: 'MiB' },
        { metric: 'pinned', value: lock.packages.length, unit: 'packages' },
        { metric: 'not newest', value: moved, unit: 'packages' },
      ];
    },
  };
}

function newestOf({ releases }: BenchUniverse): ReadonlyMap<string, string> {
  return new Map(releases.map((release) => [release.package, release.version]));
}

/** Nothing is measured that is not right. */
function check({ packages, releases }: BenchUniverse, chosen: ReadonlyMap<string, string>): void {
  for (const [name, range] of Object.entries(packages)) {
    if (!satisfies(chosen.get(name) ?? '', range)) throw new Error(`${name} ${range} is not satisfied`);
  }
  for (const release of releases) {
    if (chosen.get(release.package) !== release.version) continue;
    for (const { package: name, versionConstraint, optional, conflicts } of release.dependencies) {
      const other = chosen.get(name);
      const isContent = other === undefined ? optional : satisfies(other, versionConstraint);
      const excluded = conflicts.some((text) => other !== undefined && satisfies(other, text.split('@')[1] ?? '*'));
      if (!isContent || excluded) throw new Error(`${release.package} ${release.version} is not content`);
    }
  }
}

/** Some have a solution and some have none; what cannot be told within the steps is given up. */
function hardCase(variables: number): BenchCase {
  return {
    name: `3-SAT ${variables}`,
    async run() {
      const outcomes = { solved: 0, unsolvable: 0, 'gave up': 0 };
      let worst = 0;
      for (const seed of seeds) {
        const universe = threeSat(variables, 4.26, seed);
        const [{ findings }, seconds] = timed(() => resolve(universe, hardSteps));
        worst = Math.max(worst, seconds);
        if (findings.some(({ code }) => code === 'THM1311')) outcomes['gave up'] += 1;
        else outcomes[findings.length === 0 ? 'solved' : 'unsolvable'] += 1;
      }
      return [
        { metric: 'worst of 5', value: worst, unit: 's' },
        ...Object.entries(outcomes).map(([metric, value]): Row => ({ metric, value, unit: 'of 5' })),
      ];
    },
  };
}

/** Registries small enough for the naive search to end now and then. */
const naiveCase: BenchCase = {
  name: 'naive 30x50',
  async run() {
    let own = 0;
    let naive = 0;
    let unfinished = 0;
    for (const seed of seeds) {
      const universe = layeredUniverse(30, versions, seed);
      const [, seconds] = timed(() => resolve(universe));
      const [ended, peer] = timed(() => backtrack(universe, 200_000));
      own += seconds;
      naive += peer;
      if (!ended) unfinished += 1;
    }
    const peer = `backtracking, ${unfinished} of 5 given up`;
    return [
      {
        metric: 'seconds',
        value: rounded(own),
        unit: 's',
        peer,
        peerValue: rounded(naive),
        ratio: rounded(own / naive),
      },
    ];
  },
};

export const resolveBench: Bench = {
  name: 'resolve',
  summary: 'resolve registries of up to 2,000 packages x 50 versions, and random 3-SAT',
  cases: [...sizes.map(registryCase), ...[50, 100, 200].map(hardCase), naiveCase],
  /** Time for twice the packages, divided by two: 1 is linear, below it is better. */
  conclude(rows) {
    const seconds = (count: number): number =>
      rows.find((row) => row.case === `${count}x${versions}` && row.metric === 'seconds')!.value;
    return sizes.slice(1).map((count): BenchRow => ({
      case: 'growth',
      metric: `${count / 2} to ${count} packages`,
      value: rounded(seconds(count) / seconds(count / 2) / 2, 2),
      unit: 'x linear',
    }));
  },
};
