/**
 * What is decided and derived so far, in order, so that it can be taken back to any level. A level begins with each
 * decision; level 0 holds what follows from facts alone. `domains` is what each package may still be.
 */
import type { Problem, Rule, Term } from './problem.ts';
import { allValues, intersection, isWithin, releaseValues, type Values } from './values.ts';

export interface Assignment {
  readonly package: number;
  /** What this assignment alone says. */
  readonly values: Values;
  /** What the package may be after it. */
  readonly domain: Values;
  /** undefined: a decision. */
  readonly cause: Rule | undefined;
  readonly level: number;
  /** Position in the trail. */
  readonly index: number;
}

export interface PartialSolution {
  readonly trail: Assignment[];
  readonly ofPackage: Assignment[][];
  readonly domains: Values[];
  /** Every value of each package. */
  readonly all: readonly Values[];
  /** The release decided for each package; undefined: not decided. */
  readonly decided: (number | undefined)[];
  level: number;
}

export function startSolution({ packages }: Problem): PartialSolution {
  const all = packages.map(({ count }) => allValues(count));
  return {
    trail: [],
    ofPackage: packages.map(() => []),
    domains: [...all],
    all,
    decided: packages.map(() => undefined),
    level: 0,
  };
}

export function decide(solution: PartialSolution, index: number, release: number, count: number): void {
  solution.level += 1;
  solution.decided[index] = release;
  assign(solution, index, releaseValues(count, [release]), undefined);
}

export function assign(solution: PartialSolution, index: number, values: Values, cause: Rule | undefined): void {
  const { trail, level } = solution;
  const domain = intersection(solution.domains[index]!, values);
  const assignment = { package: index, values, domain, cause, level, index: trail.length };
  trail.push(assignment);
  solution.ofPackage[index]!.push(assignment);
  solution.domains[index] = domain;
}

/** `undone` sees each decision that is taken back, newest first. */
export function returnTo(
  solution: PartialSolution,
  level: number,
  undone: (index: number, release: number) => void,
): void {
  const { trail, ofPackage, domains, all, decided } = solution;
  while (trail.length > 0 && trail.at(-1)!.level > level) {
    const { package: index } = trail.pop()!;
    const own = ofPackage[index]!;
    const { cause } = own.pop()!;
    domains[index] = own.at(-1)?.domain ?? all[index]!;
    if (cause !== undefined) continue;
    undone(index, decided[index]!);
    decided[index] = undefined;
  }
  solution.level = level;
}

/** The first assignment since which the term holds. Only for terms that hold now. */
export function satisfierOf({ ofPackage }: PartialSolution, term: Term): Assignment {
  const own = ofPackage[term.package]!;
  let low = 0;
  let high = own.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isWithin(own[middle]!.domain, term.values)) high = middle;
    else low = middle + 1;
  }
  return own[low]!;
}
