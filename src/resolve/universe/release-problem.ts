/**
 * Packages, their releases and what a Fleet asks for, as a problem for the solver; and for each fact what it says, so
 * that a proof can be told in words. Only packages that dependencies lead to from the Fleet's own take part: nobody
 * asks for the others.
 */
import { compareText, type SourceSpan } from '../../kernel/finding.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import { createFactTable, type FactWriter, type Problem, type ProblemPackage, type Term } from '../pubgrub/problem.ts';
import { releaseValues } from '../pubgrub/values.ts';
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
  /** What a fact says. */
  readonly said: (fact: number) => ReleaseFact;
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
    facts: createFactTable(),
    indexOf: new Map(names.map((name, index) => [name, index])),
    ranges: createRangeBook(candidates),
    sources: [],
    details: [],
  };
  for (const want of universe.wants) {
    const index = book.indexOf.get(want.package)!;
    const { values } = book.ranges.range(index, want.range).missed;
    add(book, { package: index, values }, undefined, { kind: 'wants', ...want }, 0);
  }
  for (const [index, list] of candidates.entries()) {
    for (const [at, candidate] of list.entries()) {
      const own = { package: index, values: releaseValues(list.length, [at]) };
      addOwnFacts(book, own, candidate, universe);
      for (const build of candidate.builds) addDependencies(book, own, build);
    }
  }
  const packages = names.map((name, index): ProblemPackage => {
    const list = candidates[index]!;
    return { count: list.length, preference: universe.preferenceOf(name, list) };
  });
  return { packages, facts: book.facts, names, candidates, said: (fact) => factAt(book, fact) };
}

interface FactBook {
  readonly facts: FactWriter;
  readonly indexOf: ReadonlyMap<string, number>;
  readonly ranges: RangeBook;
  /** By fact: what it says, or the manifest in which it stands, */
  readonly sources: (ReleaseFact | ReleaseManifest)[];
  /** and there: the dependency's index, plus its conflict's in steps of `conflictStep`. */
  readonly details: number[];
}

/** More dependencies than a manifest may have. */
const conflictStep = 65_536;

function add(
  { facts, sources, details }: FactBook,
  subject: Term,
  object: Term | undefined,
  source: ReleaseFact | ReleaseManifest,
  detail: number,
): void {
  facts.add(facts.frame(subject.package, object), subject.values);
  sources.push(source);
  details.push(detail);
}

function factAt({ sources, details }: FactBook, fact: number): ReleaseFact {
  const release = sources[fact]!;
  if ('kind' in release) return release;
  const index = details[fact]! % conflictStep;
  const conflict = Math.floor(details[fact]! / conflictStep) - 1;
  const { package: name, versionConstraint, optional, conflicts } = release.dependencies[index]!;
  if (conflict >= 0) return { kind: 'excludes', release, index, ...parseConflict(conflicts[conflict]!) };
  return { kind: optional ? 'takes' : 'needs', release, index, package: name, range: versionConstraint };
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

function addOwnFacts(book: FactBook, own: Term, candidate: Candidate, { unbuiltFor }: ReleaseUniverse): void {
  const release = candidate.builds[0]!;
  if (candidate.isWithdrawn) add(book, own, undefined, { kind: 'withdrawn', release }, 0);
  const platforms = unbuiltFor?.(candidate) ?? [];
  if (platforms.length > 0) add(book, own, undefined, { kind: 'unbuilt', release, platforms }, 0);
}

function addDependencies(book: FactBook, own: Term, release: ReleaseManifest): void {
  const { indexOf, ranges } = book;
  // Plain loops: they run once for every dependency of every release there is.
  for (let at = 0; at < release.dependencies.length; at += 1) {
    const { package: name, versionConstraint, optional, conflicts } = release.dependencies[at]!;
    const other = indexOf.get(name);
    if (other !== undefined && other !== own.package) {
      const range = ranges.range(other, versionConstraint);
      add(book, own, optional ? range.missedIfPresent : range.missed, release, at);
    }
    for (let index = 0; index < conflicts.length; index += 1) {
      const conflict = parseConflict(conflicts[index]!);
      const hit = indexOf.get(conflict.package);
      if (hit === undefined || hit === own.package) continue;
      add(book, own, ranges.conflict(hit, conflict), release, at + (index + 1) * conflictStep);
    }
  }
}
