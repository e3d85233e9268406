/**
 * The order in which one switch installs packages: what is needed stands first. An optional dependency counts where it
 * makes no circle; where packages need each other in a circle, versions may fit but nothing can be installed first.
 */
import { type Needs, topologicalOrder } from '../kernel/graph.ts';
import { compareText, type SourceSpan } from '../kernel/finding.ts';
import type { ReleaseManifest } from '../model/release.ts';
import { dependencyPlace, placeText } from './explain/places.ts';

export type InstallOrder = { readonly order: readonly string[] } | { readonly cycle: readonly CycleEdge[] };

/** One package of a circle needs the next. */
export interface CycleEdge {
  readonly from: ReleaseManifest;
  readonly to: ReleaseManifest;
  /** Of the dependency in the manifest. */
  readonly index: number;
}

/** File, line and column of a dependency in its manifest; undefined where nobody knows. */
export type PlaceOfDependency = (release: ReleaseManifest, index: number) => string | undefined;

export function installOrder(manifests: ReadonlyMap<string, ReleaseManifest>): InstallOrder {
  const names = [...manifests.keys()].sort(compareText);
  const needs = (optional: boolean): Needs =>
    new Map(
      names.map((name) => [
        name,
        manifests
          .get(name)!
          .dependencies.filter((one) => (optional || !one.optional) && manifests.has(one.package))
          .map((one) => one.package)
          .sort(compareText),
      ]),
    );
  const whole = topologicalOrder(needs(true));
  if ('order' in whole) return whole;
  const strict = topologicalOrder(needs(false));
  if ('order' in strict) return strict;
  return { cycle: edgesOf(strict.cycle, manifests) };
}

/** `[a, b, a]` to its edges. */
function edgesOf(cycle: readonly string[], manifests: ReadonlyMap<string, ReleaseManifest>): readonly CycleEdge[] {
  return cycle.slice(1).map((name, at) => {
    const from = manifests.get(cycle[at]!)!;
    const index = from.dependencies.findIndex((one) => one.package === name && !one.optional);
    return { from, to: manifests.get(name)!, index };
  });
}

/** What a finding about a circle says; each edge with its place, and for a package of the Fleet its line there too. */
export function cycleSentences(
  cycle: readonly CycleEdge[],
  sources: ReadonlyMap<string, SourceSpan>,
  placeOf: PlaceOfDependency = () => undefined,
): { readonly summary: string; readonly details: readonly string[]; readonly fix: string } {
  const walk = [...cycle.map(({ from }) => from.package), cycle[0]!.from.package];
  return {
    summary: `Packages need each other in a circle: ${walk.join(' → ')}. The versions fit together, but none of them can be installed first.`,
    details: cycle.map(({ from, to, index }) => {
      const { versionConstraint } = from.dependencies[index]!;
      const source = sources.get(`package/${from.package}`);
      const place = source === undefined ? '' : `${placeText(source)}: `;
      return `${place}${from.package} ${from.version} needs ${to.package} ${versionConstraint} (${placeOf(from, index) ?? dependencyPlace(from, index)})`;
    }),
    fix: `Choose a release of ${joinedNames(cycle)} that does not need the next.`,
  };
}

function joinedNames(cycle: readonly CycleEdge[]): string {
  const names = cycle.map(({ from }) => from.package);
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`;
}
