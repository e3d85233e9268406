/**
 * Packages, their releases and what a Fleet asks for, as a problem for the solver; and for each fact what it says, so
 * that a proof can be told in words. Only packages that dependencies lead to from the Fleet's own take part: nobody
 * asks for the others.
 */
import { compareText, type SourceSpan } from '../../kernel/finding.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import type { Fact, Problem, ProblemPackage } from '../pubgrub/problem.ts';
import { releaseValues, type Values } from '../pubgrub/values.ts';
import { parseConflict } from '../version-match.ts';
import type { Candidate } from './candidates.ts';
import { createRangeBook, type RangeBook } from './range-values.ts';

/** A package that the Fleet names, with its range and its place. */
export interface Want {
  readonly package: string;
  readonly range: string;
  readonly source: SourceSpan | undefined;
}

/** What a fact says. `index`: of the dependency in the manifest. */
export type ReleaseFact =
  | ({ readonly kind: 'wants' } & Want)
  | DependencyFact
  | { readonly kind: 'withdrawn'; readonly release: ReleaseManifest }
  | { readonly kind: 'unbuilt'; readonly release: ReleaseManifest; readonly platforms: readonly string[] };

export interface DependencyFact {
  /** `takes`: an optional dependency, which says what the other is if it is there. */
  readonly kind: 'needs' | 'takes' | 'excludes';
  readonly release: ReleaseManifest;
  readonly index: number;
  /** The other package. */
  readonly package: string;
  /** Range of the other; undefined for an exclusion of every release. */
  readonly range: string | undefined;
}

export interface ReleaseProblem extends Problem {
  readonly names: readonly string[];
  /** By package, ascending. */
  readonly candidates: readonly (readonly Candidate[])[];
  /** By fact. */
  readonly said: readonly ReleaseFact[];
}

export interface ReleaseUniverse {
  readonly wants: readonly Want[];
  /** Ascending; a name without an entry has no release. */
  readonly candidatesOf: (name: string) => readonly Candidate[];
  readonly preferenceOf: (name: string, candidates: readonly Candidate[]) => readonly number[];
  /** Platforms that a candidate is not built for though others of its package are. */
  readonly unbuiltFor?: (candidate: Candidate) => readonly string[];
}

export function makeReleaseProblem(universe: ReleaseUniverse): ReleaseProblem {
  const names = reachable(universe);
  const candidates = names.map((name) => universe.candidatesOf(name));
  const book: FactBook = {
    facts: [],
    said: [],
    indexOf: new Map(names.map((name, index) => [name, index])),
    ranges: createRangeBook(candidates),
  };
  for (const want of universe.wants) {
    const index = book.indexOf.get(want.package)!;
    const { missed } = book.ranges.range(index, want.range);
    add(book, { subject: { package: index, values: missed } }, { kind: 'wants', ...want });
  }
  for (const [index, list] of candidates.entries()) {
    for (const [at, candidate] of list.entries()) {
      const own = releaseValues(list.length, [at]);
      addOwnFacts(book, index, own, candidate, universe);
      for (const build of candidate.builds) addDependencies(book, index, own, build);
    }
  }
  const packages = names.map((name, index): ProblemPackage => {
    const list = candidates[index]!;
    return { count: list.length, preference: universe.preferenceOf(name, list) };
  });
  return { packages, facts: book.facts, names, candidates, said: book.said };
}

interface FactBook {
  readonly facts: Fact[];
  readonly said: ReleaseFact[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly ranges: RangeBook;
}

function add(book: FactBook, fact: Fact, says: ReleaseFact): void {
  book.facts.push(fact);
  book.said.push(says);
}

/** The Fleet's own packages by name, then what their releases lead to, by name: the order in which they are settled. */
function reachable({ wants, candidatesOf }: ReleaseUniverse): readonly string[] {
  const own = [...new Set(wants.map((want) => want.package))].sort(compareText);
  const found = new Set(own);
  for (const name of found) {
    for (const { builds } of candidatesOf(name)) {
      for (const { dependencies } of builds) for (const one of dependencies) if (!one.optional) found.add(one.package);
    }
  }
  const others = [...found].slice(own.length).sort(compareText);
  return [...own, ...others];
}

function addOwnFacts(
  book: FactBook,
  index: number,
  values: Values,
  candidate: Candidate,
  { unbuiltFor }: ReleaseUniverse,
): void {
  const [release] = candidate.builds;
  const subject = { package: index, values };
  if (candidate.isWithdrawn) add(book, { subject }, { kind: 'withdrawn', release: release! });
  const platforms = unbuiltFor?.(candidate) ?? [];
  if (platforms.length > 0) add(book, { subject }, { kind: 'unbuilt', release: release!, platforms });
}

function addDependencies(book: FactBook, index: number, values: Values, release: ReleaseManifest): void {
  const subject = { package: index, values };
  for (const [at, { package: name, versionConstraint, optional, conflicts }] of release.dependencies.entries()) {
    const other = book.indexOf.get(name);
    if (other !== undefined && other !== index) {
      const range = book.ranges.range(other, versionConstraint);
      const object = { package: other, values: optional ? range.missedIfPresent : range.missed };
      const kind = optional ? 'takes' : 'needs';
      add(book, { subject, object }, { kind, release, index: at, package: name, range: versionConstraint });
    }
    for (const text of conflicts) {
      const conflict = parseConflict(text);
      const hit = book.indexOf.get(conflict.package);
      if (hit === undefined || hit === index) continue;
      const { count, values: excluded } = book.ranges.conflict(hit, conflict);
      if (count === 0) continue;
      const says = { release, index: at, package: conflict.package, range: conflict.range };
      add(book, { subject, object: { package: hit, values: excluded } }, { kind: 'excludes', ...says });
    }
  }
}
