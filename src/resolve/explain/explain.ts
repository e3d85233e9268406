/**
 * Why nothing satisfies a Fleet. The proof of the solver names facts; those are made minimal (alone they allow no
 * solution, without any one of them there is one), and the proof is found again from just these, so that the sentences
 * name exactly them.
 */
import { minimalFacts } from '../pubgrub/minimal-facts.ts';
import { factsOf, type Rule } from '../pubgrub/problem.ts';
import { solve } from '../pubgrub/solve.ts';
import type { ReleaseFact, ReleaseProblem } from '../universe/release-problem.ts';
import { derivationSentences } from './derivation.ts';

export interface Explanation {
  readonly sentences: readonly string[];
  readonly facts: readonly ReleaseFact[];
  /** False when the search for fewer facts was given up: not all of them may be needed. */
  readonly isMinimal: boolean;
}

export function explain(proof: Rule, problem: ReleaseProblem, maxSteps?: number): Explanation {
  const { facts, isMinimal } = minimalFacts(problem, factsOf(proof), maxSteps);
  const again = solve(problem, { facts, ...(maxSteps === undefined ? {} : { maxSteps }) });
  const shortest = again.kind === 'unsolvable' ? again.proof : proof;
  return {
    sentences: derivationSentences(shortest, problem),
    facts: factsOf(shortest).map((fact) => problem.said(fact)),
    isMinimal,
  };
}
