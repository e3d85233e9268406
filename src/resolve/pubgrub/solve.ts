/**
 * PubGrub (Weizenbaum 2018; "solver" in the documentation of Dart's pub): unit propagation, conflict-driven learning
 * of rules, backjumping. Complete and deterministic. Of all solutions it finds the one in which each package in turn,
 * first those that are wanted and then what their releases ask for, has the best release that leaves a solution with
 * those settled before it. Work is counted in rules looked at, so that a hard problem ends after `maxSteps`.
 */
import type { Problem, Rule, Term } from './problem.ts';
import {
  type Assignment,
  assign,
  decide,
  type PartialSolution,
  returnTo,
  satisfierOf,
  startSolution,
} from './partial-solution.ts';
import { makeRules, type RuleBook } from './rules.ts';
import { difference, hasRelease, intersection, isDisjoint, isWithin, union, type Values } from './values.ts';

export type Answer =
  | { readonly kind: 'solved'; readonly releases: ReadonlyMap<number, number>; readonly steps: number }
  /** `proof` has no terms: it can never be otherwise. Its causes are the derivation. */
  | { readonly kind: 'unsolvable'; readonly proof: Rule; readonly steps: number }
  | { readonly kind: 'gave-up'; readonly steps: number };

export interface SolveOptions {
  readonly maxSteps?: number;
  /** Indexes of the facts that count; absent: all. */
  readonly facts?: readonly number[];
}

/** A few seconds of work. */
const defaultMaxSteps = 20_000_000;

export function solve(problem: Problem, options: SolveOptions = {}): Answer {
  const search = startSearch(problem, options);
  const { solution } = search;
  const failed = propagateAll(search);
  if (failed !== undefined) return end(search, failed);
  for (let next = nextPackage(search); next !== -1; next = nextPackage(search)) {
    const { preference, count } = problem.packages[next]!;
    const domain = solution.domains[next]!;
    // Whoever asks for a package has excluded that it is absent, and no domain is ever empty.
    const release = preference.find((one) => hasRelease(domain, one))!;
    decide(solution, next, release, count);
    ask(search, next, release, 1);
    search.steps += 1;
    look(search, next);
    const failure = propagate(search);
    if (failure !== undefined) return end(search, failure);
  }
  const releases = new Map<number, number>();
  for (const [index, release] of solution.decided.entries()) if (release !== undefined) releases.set(index, release);
  return { kind: 'solved', releases, steps: search.steps };
}

interface Search {
  readonly problem: Problem;
  readonly book: RuleBook;
  readonly solution: PartialSolution;
  /** By package: the rules that speak of it. */
  readonly rulesOf: Rule[][];
  /** And what each of them says of it: by this alone most rules are seen to be idle. */
  readonly valuesIn: Values[][];
  /** How often each package is asked for by what is decided. */
  readonly asked: Int32Array;
  /** Packages whose rules are to be looked at, each once. */
  readonly changed: number[];
  readonly isChanged: Uint8Array;
  readonly maxSteps: number;
  steps: number;
}

/** A rule without terms: unsolvable; `gave-up`: steps ran out. */
type Failure = Rule | 'gave-up';

function startSearch(problem: Problem, { maxSteps = defaultMaxSteps, facts }: SolveOptions): Search {
  const book = makeRules(problem, facts);
  const size = problem.packages.length;
  const rulesOf: Rule[][] = Array.from({ length: size }, () => []);
  const search: Search = {
    problem,
    book,
    solution: startSolution(problem),
    rulesOf,
    valuesIn: rulesOf.map(() => []),
    asked: new Int32Array(size),
    changed: [],
    isChanged: new Uint8Array(size),
    maxSteps,
    steps: 0,
  };
  for (const rule of book.rules) addRule(search, rule);
  for (const index of book.wanted) search.asked[index]! += 1;
  return search;
}

function addRule({ rulesOf, valuesIn }: Search, rule: Rule): void {
  for (const term of rule.terms) {
    rulesOf[term.package]!.push(rule);
    valuesIn[term.package]!.push(term.values);
  }
}

function end({ steps }: Search, failure: Failure): Answer {
  return failure === 'gave-up' ? { kind: 'gave-up', steps } : { kind: 'unsolvable', proof: failure, steps };
}

function nextPackage({ asked, solution }: Search): number {
  for (let index = 0; index < asked.length; index += 1) {
    if (asked[index]! > 0 && solution.decided[index] === undefined) return index;
  }
  return -1;
}

function ask({ book, asked }: Search, index: number, release: number, by: 1 | -1): void {
  for (const other of book.asks[index]?.[release] ?? []) asked[other]! += by;
}

function look({ changed, isChanged }: Search, index: number): void {
  if (isChanged[index] === 1) return;
  isChanged[index] = 1;
  changed.push(index);
}

function nextChanged({ changed, isChanged }: Search): number | undefined {
  const index = changed.pop();
  if (index !== undefined) isChanged[index] = 0;
  return index;
}

function propagateAll(search: Search): Failure | undefined {
  for (const rule of search.book.rules) {
    if (rule.terms.length === 0) return rule;
    if (rule.terms.length === 1 && apply(search, rule) === 'broken') return learn(search, rule);
  }
  return propagate(search);
}

function propagate(search: Search): Failure | undefined {
  for (let index = nextChanged(search); index !== undefined; index = nextChanged(search)) {
    const broken = brokenRule(search, index);
    if (search.steps > search.maxSteps) return 'gave-up';
    if (broken === undefined) continue;
    const learned = learn(search, broken);
    if (learned === 'gave-up' || learned.terms.length === 0) return learned;
    // What was known at the level it went back to had been looked at; what the learned rule says is all that is new.
    while (nextChanged(search) !== undefined);
    apply(search, learned);
  }
  return undefined;
}

/**
 * A rule speaks once all its terms but one hold, so only a term that holds now can have made it do so. Newest rules
 * first: what was learned last speaks of where the search is.
 */
function brokenRule(search: Search, index: number): Rule | undefined {
  const rules = search.rulesOf[index]!;
  const values = search.valuesIn[index]!;
  const { domains } = search.solution;
  for (let at = rules.length - 1; at >= 0; at -= 1) {
    if (!isWithin(domains[index]!, values[at]!)) continue;
    if (apply(search, rules[at]!) === 'broken') return rules[at];
  }
  search.steps += rules.length >>> 3;
  return undefined;
}

/** Derives what follows when all terms but one hold; `broken` when all do. */
function apply(search: Search, rule: Rule): 'broken' | undefined {
  const { domains, all } = search.solution;
  search.steps += 1;
  let open: Term | undefined;
  for (const term of rule.terms) {
    const domain = domains[term.package]!;
    if (isWithin(domain, term.values)) continue;
    if (open !== undefined || isDisjoint(domain, term.values)) return undefined;
    open = term;
  }
  if (open === undefined) return 'broken';
  assign(search.solution, open.package, difference(all[open.package]!, open.values), rule);
  look(search, open.package);
  return undefined;
}

/**
 * From a broken rule to one that would have prevented the conflict, and back to the level where it first speaks.
 * Returns a rule without terms where no level is left.
 */
function learn(search: Search, broken: Rule): Failure {
  let rule = broken;
  while (rule.terms.length > 0) {
    search.steps += rule.terms.length;
    if (search.steps > search.maxSteps) return 'gave-up';
    const { term, satisfier, previousLevel } = lastSatisfier(search.solution, rule);
    if (satisfier.cause === undefined || previousLevel < satisfier.level) {
      returnTo(search.solution, previousLevel, (index, release) => ask(search, index, release, -1));
      if (rule !== broken) addRule(search, rule);
      return rule;
    }
    rule = resolvent(rule, term, satisfier.cause, search.solution);
  }
  return rule;
}

interface Satisfaction {
  readonly term: Term;
  readonly satisfier: Assignment;
  /** The lowest level at which the rule would already have had a single open term. */
  readonly previousLevel: number;
}

function lastSatisfier(solution: PartialSolution, rule: Rule): Satisfaction {
  let term = rule.terms[0]!;
  let satisfier = satisfierOf(solution, term);
  let previousLevel = 0;
  for (let at = 1; at < rule.terms.length; at += 1) {
    const other = satisfierOf(solution, rule.terms[at]!);
    const [later, earlier] = other.index > satisfier.index ? [other, satisfier] : [satisfier, other];
    previousLevel = Math.max(previousLevel, earlier.level);
    if (later === other) term = rule.terms[at]!;
    satisfier = later;
  }
  if (!isWithin(satisfier.values, term.values)) {
    // It satisfies the term only together with what was known of the package before.
    const values = union(term.values, difference(solution.all[term.package]!, satisfier.values));
    previousLevel = Math.max(previousLevel, satisfierOf(solution, { package: term.package, values }).level);
  }
  return { term, satisfier, previousLevel };
}

/** What follows from both: all their other terms, and for the package they meet in whatever either of them excludes. */
function resolvent(rule: Rule, { package: pivot }: Term, cause: Rule, { all }: PartialSolution): Rule {
  const merged = new Map<number, Term>();
  for (const term of rule.terms) merged.set(term.package, term);
  for (const term of cause.terms) {
    const known = merged.get(term.package);
    if (known === undefined) merged.set(term.package, term);
    else if (term.package === pivot) {
      const values = union(known.values, term.values);
      if (isWithin(all[pivot]!, values)) merged.delete(pivot);
      else merged.set(pivot, { package: pivot, values });
    } else {
      merged.set(term.package, { package: term.package, values: intersection(known.values, term.values) });
    }
  }
  return { terms: [...merged.values()], cause: { kind: 'derived', from: [rule, cause] } };
}
