/** Rules and facts as clauses of a sentence. A rule says what never holds together; people read what follows. */
import type { Rule, Term } from '../pubgrub/problem.ts';
import { allValues, difference, hasAbsent, releasesOf } from '../pubgrub/values.ts';
import type { DependencyFact, ReleaseFact, ReleaseProblem } from '../universe/release-problem.ts';
import { satisfies } from '../version-match.ts';
import { placeText } from './places.ts';

/** `a`, `a and b`, `a, b and c`. */
export function joined(words: readonly string[], last = 'and'): string {
  if (words.length <= 1) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)!}`;
}

/** What facts that were found together say: `query 1.4.0 and 1.5.0 need base >=2`. */
export function factsClause(facts: readonly ReleaseFact[], problem: ReleaseProblem): string {
  const [first] = facts;
  switch (first!.kind) {
    case 'wants':
      return wantClause(first!);
    case 'withdrawn':
      return `${subjectOf(facts, problem)} ${facts.length === 1 ? 'was' : 'were'} withdrawn`;
    case 'unbuilt':
      return unbuiltClause(facts, problem);
    case 'needs': {
      const none = availability(first!, problem);
      return `${subjectOf(facts, problem)} ${verb(facts, problem, 'needs', 'need')} ${otherText(first!)}${none}`;
    }
    case 'takes':
      return `${subjectOf(facts, problem)} ${verb(facts, problem, 'works', 'work')} with no ${first!.package} but ${quoted(first!.range!)}`;
    case 'excludes':
      return `${subjectOf(facts, problem)} cannot be beside ${otherText(first!)}`;
  }
}

/** Releases that lack different platforms are told apart. */
function unbuiltClause(facts: readonly ReleaseFact[], problem: ReleaseProblem): string {
  const groups = Map.groupBy(facts, (fact) => (fact.kind === 'unbuilt' ? joined(fact.platforms, 'or') : ''));
  const clauses = [...groups].map(
    ([where, list]) => `${subjectOf(list, problem)} ${verb(list, problem, 'is', 'are')} not built for ${where}`,
  );
  return joined(clauses);
}

function wantClause({ package: name, range, source }: Extract<ReleaseFact, { kind: 'wants' }>): string {
  return `the Fleet wants ${name} ${quoted(range)}${source === undefined ? '' : ` (${placeText(source)})`}`;
}

function otherText({ package: name, range }: DependencyFact): string {
  return range === undefined || range === '*' ? name : `${name} ${quoted(range)}`;
}

/** A range of several words would run into the sentence. */
function quoted(range: string): string {
  return range.includes(' ') ? `"${range}"` : range;
}

const shownVersions = 5;

/** Said where nothing satisfies a range: else the reader looks for it. */
function availability({ package: name, range }: DependencyFact, problem: ReleaseProblem): string {
  const index = problem.names.indexOf(name);
  const versions = (problem.candidates[index] ?? []).map(({ version }) => version).reverse();
  if (versions.length === 0) return ', of which there is no release';
  if (versions.some((version) => satisfies(version, range!))) return '';
  const shown =
    versions.length > shownVersions
      ? [...versions.slice(0, shownVersions), `${versions.length - shownVersions} older`]
      : versions;
  return `, which no release satisfies (there ${versions.length === 1 ? 'is' : 'are'} ${joined(shown)})`;
}

function subjectOf(facts: readonly ReleaseFact[], problem: ReleaseProblem): string {
  const [name, releases] = subjectReleases(facts, problem);
  return releasesText(problem, name, releases);
}

function verb(facts: readonly ReleaseFact[], problem: ReleaseProblem, one: string, many: string): string {
  const [name, releases] = subjectReleases(facts, problem);
  return releases.length === 1 || releases.length === problem.packages[name]!.count ? one : many;
}

/** Index of the package, and of its releases that the facts are about, ascending. */
function subjectReleases(facts: readonly ReleaseFact[], problem: ReleaseProblem): readonly [number, readonly number[]] {
  const releases = facts.flatMap((fact) => (fact.kind === 'wants' ? [] : [fact.release]));
  const index = problem.names.indexOf(releases[0]!.package);
  const versions = new Set(releases.map(({ version }) => version));
  return [
    index,
    [...problem.candidates[index]!.keys()].filter((at) => versions.has(problem.candidates[index]![at]!.version)),
  ];
}

/** What follows from a rule that was derived. */
export function ruleClause({ terms }: Rule, problem: ReleaseProblem): string {
  const present = terms.filter(({ values }) => !hasAbsent(values)).map((term) => termText(term, problem));
  const missing = terms.filter(({ values }) => hasAbsent(values)).map((term) => restText(term, problem));
  if (terms.length === 0) return 'nothing satisfies the Fleet';
  if (missing.length === 0) {
    if (present.length === 1)
      return present[0]!.startsWith('every ')
        ? `no${present[0]!.slice('every'.length)} can be had`
        : `${present[0]} cannot be had`;
    return `${joined(present)} cannot be had together`;
  }
  const needed = joined(missing, 'or');
  if (present.length === 0) return `${needed} is needed`;
  return `${joined(present)} ${isPlural(terms, problem) ? 'need' : 'needs'} ${needed}`;
}

function isPlural(terms: readonly Term[], problem: ReleaseProblem): boolean {
  const present = terms.filter(({ values }) => !hasAbsent(values));
  const releases = releasesOf(present[0]!.values).length;
  return present.length > 1 || (releases > 1 && releases < problem.packages[present[0]!.package]!.count);
}

function termText({ package: index, values }: Term, problem: ReleaseProblem): string {
  return releasesText(problem, index, releasesOf(values));
}

/** What is left of a package when the term must not hold. */
function restText({ package: index, values }: Term, problem: ReleaseProblem): string {
  const rest = releasesOf(difference(allValues(problem.packages[index]!.count), values));
  const all = rest.length === problem.packages[index]!.count;
  return all && rest.length > 1
    ? `some release of ${problem.names[index]!}`
    : `${problem.names[index]!} ${versionList(problem, index, rest, 'or')}`;
}

function releasesText(problem: ReleaseProblem, index: number, releases: readonly number[]): string {
  const name = problem.names[index]!;
  const { count } = problem.packages[index]!;
  if (releases.length === count && count > 1) return `every release of ${name}`;
  return `${name} ${versionList(problem, index, releases)}`;
}

const shownParts = 4;

/** `1.4.0`, `1.4.0 and 1.5.0`, `1.0.0 to 1.3.0, 1.5.0 and 1.7.0`: neighbours become one range. */
function versionList({ candidates }: ReleaseProblem, index: number, releases: readonly number[], last = 'and'): string {
  const version = (at: number): string => candidates[index]![at]!.version;
  const parts: string[] = [];
  for (let at = 0; at < releases.length; at += 1) {
    const first = releases[at]!;
    let end = at;
    while (releases[end + 1] === releases[end]! + 1) end += 1;
    if (end - at < 2) parts.push(version(first));
    else {
      parts.push(`${version(first)} to ${version(releases[end]!)}`);
      at = end;
    }
  }
  const shown =
    parts.length > shownParts + 1 ? [...parts.slice(0, shownParts), `${parts.length - shownParts} more`] : parts;
  return joined(shown, last);
}
