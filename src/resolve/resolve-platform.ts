/** Resolves the packages of a Fleet for one platform, or for several that must get the same versions. */
import type { ReleaseManifest } from '../model/release.ts';
import { type Explanation, explain } from './explain/explain.ts';
import { type PlatformKey, platformText, suits } from './platform.ts';
import { solve } from './pubgrub/solve.ts';
import {
  bestBuilds,
  type Candidate,
  makeCandidates,
  preferenceOf,
  type PresentRelease,
  type Standing,
} from './universe/candidates.ts';
import {
  makeReleaseProblem,
  type ReleaseProblem,
  type ReleaseUniverse,
  type Want,
} from './universe/release-problem.ts';
import { satisfies } from './version-match.ts';

export interface ResolveWorld {
  readonly releases: ReadonlyMap<string, readonly ReleaseManifest[]>;
  readonly yanked: ReadonlySet<string>;
  /** Pins for a platform, and what nodes of it have installed: to be kept while nothing forces a change. */
  presentOn(platform: PlatformKey): ReadonlyMap<string, readonly PresentRelease[]>;
  readonly maxSteps?: number;
}

export type Resolution =
  | { readonly kind: 'solved'; readonly chosen: ReadonlyMap<string, Candidate> }
  | { readonly kind: 'unsolvable'; readonly explanation: Explanation; readonly problem: ReleaseProblem }
  | { readonly kind: 'gave-up'; readonly steps: number };

export interface PlatformUniverse extends ReleaseUniverse {
  readonly platform: PlatformKey;
}

/** Without the wants that no usable release on the platform satisfies: a port may be late. */
export function platformUniverse(world: ResolveWorld, wants: readonly Want[], platform: PlatformKey): PlatformUniverse {
  const standing: Standing = { present: world.presentOn(platform), yanked: world.yanked };
  const made = new Map<string, readonly Candidate[]>();
  const candidatesOf = (name: string): readonly Candidate[] => {
    let known = made.get(name);
    if (known === undefined) {
      const builds = (world.releases.get(name) ?? []).filter((release) => suits(release, platform));
      const best = bestBuilds(name, builds, standing);
      known = makeCandidates(
        name,
        [...best].map(([version, build]) => [version, [build]]),
        standing,
      );
      made.set(name, known);
    }
    return known;
  };
  const isUsable = ({ package: name, range }: Want): boolean =>
    candidatesOf(name).some(({ version, isWithdrawn }) => !isWithdrawn && satisfies(version, range));
  return {
    platform,
    wants: wants.filter(isUsable),
    candidatesOf,
    preferenceOf: (name, candidates) => preferenceOf(name, candidates, standing),
  };
}

/** Every platform gets the same version of a package: a version counts where all that have the package build it. */
export function alikeUniverse(world: ResolveWorld, universes: readonly PlatformUniverse[]): ReleaseUniverse {
  const wants = [...new Map(universes.flatMap((one) => one.wants).map((want) => [want.package, want])).values()];
  const present = new Map<string, PresentRelease[]>();
  for (const { platform } of universes) {
    for (const [name, list] of world.presentOn(platform)) present.set(name, [...(present.get(name) ?? []), ...list]);
  }
  const standing: Standing = { present, yanked: world.yanked };
  const platformsOf = (name: string): readonly PlatformUniverse[] => {
    const isWanted = wants.some((want) => want.package === name);
    return universes.filter((one) =>
      isWanted ? one.wants.some((want) => want.package === name) : one.candidatesOf(name).length > 0,
    );
  };
  return {
    wants,
    candidatesOf(name) {
      const versions = new Map<string, ReleaseManifest[]>();
      for (const one of platformsOf(name)) {
        for (const { version, builds } of one.candidatesOf(name)) {
          const known = versions.get(version) ?? [];
          versions.set(version, [...new Set([...known, ...builds])]);
        }
      }
      return makeCandidates(name, versions, standing);
    },
    preferenceOf: (name, candidates) => preferenceOf(name, candidates, standing),
    unbuiltFor: ({ version, builds }) =>
      platformsOf(builds[0]!.package)
        .filter((one) => !one.candidatesOf(builds[0]!.package).some((candidate) => candidate.version === version))
        .map(({ platform }) => platformText(platform)),
  };
}

export function resolveUniverse(universe: ReleaseUniverse, maxSteps: number | undefined): Resolution {
  const problem = makeReleaseProblem(universe);
  const answer = solve(problem, maxSteps === undefined ? {} : { maxSteps });
  switch (answer.kind) {
    case 'solved': {
      const chosen = [...answer.releases].map(
        ([index, release]) => [problem.names[index]!, problem.candidates[index]![release]!] as const,
      );
      return { kind: 'solved', chosen: new Map(chosen) };
    }
    case 'unsolvable':
      return { kind: 'unsolvable', explanation: explain(answer.proof, problem, maxSteps), problem };
    case 'gave-up':
      return answer;
  }
}
