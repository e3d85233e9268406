/** The facts of an explanation, each with the place where it stands: a line of YAML, a dependency of a manifest. */
import type { ReleaseFact, ReleaseProblem } from '../universe/release-problem.ts';
import { factsClause } from './phrases.ts';
import { dependencyPlace, manifestPlace } from './places.ts';

const shownPlaces = 3;

/** One line for all releases that say the same. */
export function factLines(facts: readonly ReleaseFact[], problem: ReleaseProblem): readonly string[] {
  const groups = Map.groupBy(facts, (fact) => {
    if (fact.kind === 'wants') return `wants ${fact.package}`;
    if (!('index' in fact)) return `${fact.kind} ${fact.release.package}`;
    return `${fact.kind} ${fact.release.package} ${fact.package} ${fact.range ?? ''}`;
  });
  return [...groups.values()].map((group) => {
    const places = group.flatMap(placeOf);
    if (places.length === 0) return `- ${factsClause(group, problem)}`;
    const more = places.length > shownPlaces ? `; and ${places.length - shownPlaces} more` : '';
    return `- ${factsClause(group, problem)}: ${places.slice(0, shownPlaces).join('; ')}${more}`;
  });
}

/** What the Fleet wants names its place itself. */
function placeOf(fact: ReleaseFact): readonly string[] {
  switch (fact.kind) {
    case 'wants':
      return [];
    case 'withdrawn':
      return [`index.json, ${fact.release.package} ${fact.release.version}`];
    case 'unbuilt':
      return [manifestPlace(fact.release)];
    case 'needs':
    case 'takes':
    case 'excludes':
      return [dependencyPlace(fact.release, fact.index)];
  }
}
