/**
 * Version ranges to pins. For every platform the releases of the Fleet's packages, and of those that they need, which
 * satisfy all ranges, dependencies and conflicts: what is pinned or installed stays where it may, else the newest. A
 * withdrawn release is never chosen anew. Deterministic: only what is in the catalogue counts, not its order.
 */
import semver from 'semver';
import { compareText, type Finding } from '../kernel/finding.ts';
import type { Desired, Lock, LockedPackage } from '../model/desired.ts';
import type { InstalledPackage } from '../model/observed.ts';
import type { Catalogue, ReleaseManifest } from '../model/release.ts';
import { cycleSentences, installOrder, type PlaceOfDependency } from './install-order.ts';
import { keptWithdrawn, noRelease, searchGivenUp, unevenPlatforms, unsolvable } from './lock-findings.ts';
import { comparePins, pinOf } from './pin.ts';
import { exactness, type PlatformKey, platformText, suits } from './platform.ts';
import { agree, type ClassPicks, platformClasses } from './platform-classes.ts';
import {
  alikeUniverse,
  platformUniverse,
  type PlatformUniverse,
  type Resolution,
  resolveUniverse,
  type ResolveWorld,
} from './resolve-platform.ts';
import type { PresentRelease } from './universe/candidates.ts';
import type { Want } from './universe/release-problem.ts';

export interface LockOptions {
  /** Pins to stay with while nothing forces a change. */
  readonly pins?: readonly LockedPackage[];
  /** What nodes have installed: stays where no pin does. */
  readonly installed?: readonly (InstalledPackage & PlatformKey & { readonly package: string })[];
  /** Of the search on one platform; absent: a few seconds. */
  readonly maxSteps?: number;
  /** Where a dependency stands; absent: the manifest is named. */
  readonly placeOf?: PlaceOfDependency | undefined;
}

/** `lock` holds every pin that could be made; with an error among the findings it must not be written. */
export function resolveLock(
  desired: Pick<Desired, 'fleet' | 'sources'>,
  catalogue: Catalogue,
  options: LockOptions = {},
): { readonly lock: Lock; readonly findings: readonly Finding[] } {
  const world = worldOf(catalogue, options);
  const wants = wantsOf(desired);
  const universes = platformClasses(buildsTakingPart(wants, world))
    .map((platform) => platformUniverse(world, wants, platform))
    .filter((universe) => universe.wants.length > 0);
  const available = new Set(universes.flatMap((universe) => universe.wants));
  const findings = wants
    .filter((want) => !available.has(want))
    .map((want) => noRelease(want, world.releases.get(want.package) ?? [], world.yanked));
  const resolved = universes.map((universe) => ({ universe, resolution: resolveUniverse(universe, options.maxSteps) }));
  const failed = resolved.filter(({ resolution }) => resolution.kind !== 'solved');
  const solved = resolved.filter(({ resolution }) => resolution.kind === 'solved');
  findings.push(...failures(failed, solved, universes.length));
  const { classes, more } = agreed(world, solved, options.maxSteps);
  findings.push(...more);
  const pinned = [...new Set(classes.flatMap(({ picks }) => [...picks.values()]))];
  for (const releases of Map.groupBy(pinned, (release) => release.package).values()) {
    findings.push(
      ...unevenPlatforms(desired.sources, releases),
      ...keptWithdrawn(desired.sources, releases, world.yanked),
    );
  }
  findings.push(...cycles(desired, classes, options.placeOf));
  return { lock: { packages: pinned.map(pinOf).sort(comparePins) }, findings };
}

function wantsOf({ fleet, sources }: Pick<Desired, 'fleet' | 'sources'>): readonly Want[] {
  return Object.entries(fleet.packages)
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, range]) => ({ package: name, range, source: sources.get(`package/${name}`) }));
}

function worldOf(catalogue: Catalogue, { pins = [], installed = [], maxSteps }: LockOptions): ResolveWorld {
  const releases = Map.groupBy(catalogue.releases, (release) => release.package);
  const newestFirst = [...installed].sort(
    (a, b) => semver.rcompare(a.version, b.version) || compareText(a.manifestHash, b.manifestHash),
  );
  return {
    releases,
    yanked: new Set<string>(catalogue.yanked),
    presentOn(platform) {
      // The most exact pin is the one that nodes of the platform get.
      const own = pins
        .filter((pin) => suits(pin, platform))
        .sort((a, b) => exactness(b) - exactness(a) || comparePins(a, b));
      const there = newestFirst.filter((one) => suits(platform, one) || suits(one, platform));
      const all = [...own, ...there].map((one): [string, PresentRelease] => [one.package, one]);
      return new Map([...Map.groupBy(all, ([name]) => name)].map(([name, list]) => [name, list.map(([, one]) => one)]));
    },
    ...(maxSteps === undefined ? {} : { maxSteps }),
  };
}

/** What the packages are built for that dependencies lead to from the Fleet's own. */
function* buildsTakingPart(wants: readonly Want[], { releases }: ResolveWorld): Generator<PlatformKey> {
  const names = new Set(wants.map((want) => want.package));
  let last: PlatformKey | undefined;
  for (const name of names) {
    for (const release of releases.get(name) ?? []) {
      for (const one of release.dependencies) if (!one.optional) names.add(one.package);
      // Neighbours are built alike, as a rule, and nobody needs to hear of the same platform that often.
      if (last?.platform !== release.platform || last.architecture !== release.architecture) yield release;
      last = release;
    }
  }
}

interface Resolved {
  readonly universe: PlatformUniverse;
  readonly resolution: Resolution;
}

/**
 * A platform that cannot be resolved is an error, but for `any`: where exact platforms within it were resolved, it
 * stands for machines that may not exist.
 */
function failures(failed: readonly Resolved[], solved: readonly Resolved[], platforms: number): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { universe, resolution } of failed) {
    const within = solved.filter(({ universe: one }) => suits(universe.platform, one.platform));
    const where = platforms === 1 ? undefined : platformText(universe.platform);
    const others = within.map(({ universe: one }) => platformText(one.platform));
    if (resolution.kind === 'unsolvable') findings.push(unsolvable(resolution, where, others));
    else if (resolution.kind === 'gave-up') findings.push(searchGivenUp(universe.wants, resolution.steps, where));
  }
  // What several platforms say alike is said once.
  return [...new Map(findings.map((one) => [JSON.stringify([one.code, one.details, one.summary]), one])).values()];
}

/** Platforms resolved one by one; where that would pin two releases for one kind of build, all alike. */
function agreed(
  world: ResolveWorld,
  solved: readonly Resolved[],
  maxSteps: number | undefined,
): { readonly classes: readonly ClassPicks[]; readonly more: readonly Finding[] } {
  const classes = solved.map(({ universe, resolution }): ClassPicks => {
    const chosen = resolution.kind === 'solved' ? [...resolution.chosen] : [];
    return { platform: universe.platform, picks: new Map(chosen.map(([name, { builds }]) => [name, builds[0]!])) };
  });
  if (agree(classes)) return { classes, more: [] };
  const universes = solved.map(({ universe }) => universe);
  const alike = alikeUniverse(world, universes);
  const resolution = resolveUniverse(alike, maxSteps);
  const where = universes.map(({ platform }) => platformText(platform)).join(', ');
  if (resolution.kind === 'unsolvable') return { classes: [], more: [unsolvable(resolution, where, [])] };
  if (resolution.kind === 'gave-up')
    return { classes: [], more: [searchGivenUp(alike.wants, resolution.steps, where)] };
  return { classes: universes.map((universe) => picksOf(universe, resolution.chosen)), more: [] };
}

/** What a platform gets of versions that were chosen for all: its own wants, and what they need. */
function picksOf(universe: PlatformUniverse, chosen: ReadonlyMap<string, { readonly version: string }>): ClassPicks {
  const picks = new Map<string, ReleaseManifest>();
  const names = new Set(universe.wants.map((want) => want.package));
  for (const name of names) {
    const candidate = universe.candidatesOf(name).find(({ version }) => version === chosen.get(name)?.version);
    if (candidate === undefined) continue;
    const [release] = candidate.builds;
    picks.set(name, release!);
    for (const one of release!.dependencies) if (!one.optional) names.add(one.package);
  }
  return { platform: universe.platform, picks };
}

function cycles(
  { sources }: Pick<Desired, 'sources'>,
  classes: readonly ClassPicks[],
  placeOf: PlaceOfDependency | undefined,
): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const { picks } of classes) {
    const order = installOrder(picks);
    if ('order' in order) continue;
    const sentences = cycleSentences(order.cycle, sources, placeOf);
    const source = order.cycle
      .map(({ from }) => sources.get(`package/${from.package}`))
      .find((one) => one !== undefined);
    const place = source === undefined ? {} : { source };
    found.set(sentences.details.join('\n'), { severity: 'error', code: 'THM1312', ...sentences, ...place });
  }
  return [...found.values()];
}
