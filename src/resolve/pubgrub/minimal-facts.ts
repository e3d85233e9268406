/**
 * The facts a contradiction needs: alone they allow no solution, and without any one of them there is one. First whole
 * rules are left out, then single facts; whatever a smaller proof does not use goes at once.
 */
import { factsOf, type Problem } from './problem.ts';
import { solve } from './solve.ts';

export interface MinimalFacts {
  /** Indexes, ascending. */
  readonly facts: readonly number[];
  /** False when steps ran out: every fact counts, but perhaps not all are needed. */
  readonly isMinimal: boolean;
}

/** `facts`: indexes of facts that allow no solution. */
export function minimalFacts(problem: Problem, facts: readonly number[], maxSteps = 20_000_000): MinimalFacts {
  let needed: readonly number[] = facts;
  let stepsLeft = maxSteps;
  let isMinimal = true;
  const leaveOut = (dropped: ReadonlySet<number>): void => {
    const rest = needed.filter((fact) => !dropped.has(fact));
    if (rest.length === needed.length) return;
    const answer = solve(problem, { facts: rest, maxSteps: stepsLeft });
    stepsLeft = Math.max(0, stepsLeft - answer.steps);
    if (answer.kind === 'unsolvable') needed = factsOf(answer.proof);
    else if (answer.kind === 'gave-up') isMinimal = false;
  };
  const rules = Map.groupBy(facts, (fact) => problem.facts.frameOf[fact]!).values();
  // A rule may hold by some of its facts alone: that single facts are all needed is what counts in the end.
  for (const group of rules) if (group.length > 1 && stepsLeft > 0) leaveOut(new Set(group));
  isMinimal = true;
  for (const fact of needed) leaveOut(new Set([fact]));
  return { facts: needed, isMinimal };
}
