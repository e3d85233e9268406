/**
 * What a solver is given. Everything that is so is a fact: one or two terms that never hold together. `a needs b >=2`
 * is "a is 1.0 and b is absent or below 2"; `the Fleet wants a` is "a is absent"; a conflict is "a is 1.0 and b is any
 * release". So dependencies, optional ones, conflicts, pins and withdrawals are one thing.
 */
import type { Values } from './values.ts';

export interface Problem {
  /**
   * In the order in which they are settled: each gets the best release of its preference that leaves a solution with
   * what was settled before it.
   */
  readonly packages: readonly ProblemPackage[];
  readonly facts: readonly Fact[];
}

export interface ProblemPackage {
  /** How many releases there are. */
  readonly count: number;
  /** The index of every release, best first. */
  readonly preference: readonly number[];
}

/** Facts of one subject that share the very same object become one rule, so make the sets of a range once. */
export interface Fact {
  readonly subject: Term;
  readonly object?: Term;
}

export interface Term {
  readonly package: number;
  readonly values: Values;
}

/** Terms that never hold together (an incompatibility), and what that follows from. At most one term a package. */
export interface Rule {
  readonly terms: readonly Term[];
  readonly cause: Cause;
}

export type Cause =
  /** Indexes into the facts of the problem. */
  | { readonly kind: 'facts'; readonly facts: readonly number[] }
  | { readonly kind: 'derived'; readonly from: readonly [Rule, Rule] };

/** Every fact that a rule follows from, ascending. */
export function factsOf(rule: Rule): number[] {
  const facts = new Set<number>();
  const seen = new Set<Rule>();
  const open = [rule];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (next.cause.kind === 'derived') open.push(...next.cause.from);
    else for (const fact of next.cause.facts) facts.add(fact);
  }
  return [...facts].sort((a, b) => a - b);
}
