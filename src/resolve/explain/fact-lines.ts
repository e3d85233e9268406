/** The facts of an explanation, each with the place where it stands: a line of YAML, a dependency of a manifest. */
import type { ReleaseFact, ReleaseProblem } from '../universe/release-problem.ts';
import { factsClause } from './phrases.ts';
import { dependencyPlace, manifestPlace } from './places.ts';

const shownPlaces = 3;

/** One line for all releases that say the same. */
export function factLines(facts: readonly ReleaseFact[], problem: ReleaseProblem): readonly string[] {
  const groups = Map.groupBy(
    facts.filter((fact) => fact.kind !== 'wants'),
    (fact) =>
      'index' in fact
        ? `${fact.kind} ${fact.release.package} ${fact.package} ${fact.range ?? ''}`
        : `${fact.kind} ${fact.release.package}`,
  );
  return [...groups.values()].map((group) => {
    const places = group.map((fact) =>
      'index' in fact ? dependencyPlace(fact.release, fact.index) : indexPlace(fact),
    );
    const shown = places.slice(0, shownPlaces).join('; ');
    const more = places.length > shownPlaces ? `; and ${places.length - shownPlaces} more` : '';
    return `- ${factsClause(group, problem)}: ${shown}${more}`;
  });
}

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
