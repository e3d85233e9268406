/** Facts to the rules that a solver works with: facts that differ only in the release they speak of are one rule. */
import type { Fact, Problem, Rule, Term } from './problem.ts';
import { allValues, hasAbsent, isEmpty, isWithin, releasesOf, union, type Values } from './values.ts';

export interface RuleBook {
  readonly rules: readonly Rule[];
  /** Packages that are wanted whatever is chosen. */
  readonly wanted: readonly number[];
  /** By package and release: the packages that the release asks for. */
  readonly asks: readonly (readonly (readonly number[] | undefined)[] | undefined)[];
}

/** `chosen`: indexes of the facts that count; absent: all. */
export function makeRules(problem: Problem, chosen?: readonly number[]): RuleBook {
  const groups = new Map<number, Map<Values | undefined, Group>>();
  const wanted = new Set<number>();
  const asks: (number[] | undefined)[][] = [];
  const count = chosen === undefined ? problem.facts.length : chosen.length;
  for (let at = 0; at < count; at += 1) {
    const index = chosen === undefined ? at : chosen[at]!;
    const fact = problem.facts[index]!;
    noteAsking(fact, wanted, asks);
    let ofSubject = groups.get(fact.subject.package);
    if (ofSubject === undefined) groups.set(fact.subject.package, (ofSubject = new Map()));
    const group = ofSubject.get(fact.object?.values);
    if (group === undefined) {
      ofSubject.set(fact.object?.values, { object: fact.object, values: fact.subject.values, facts: [index] });
    } else {
      group.values = union(group.values, fact.subject.values);
      group.facts.push(index);
    }
  }
  const rules: Rule[] = [];
  for (const [subject, ofSubject] of groups) {
    for (const { object, values, facts } of ofSubject.values()) {
      const terms = [{ package: subject, values }, ...(object === undefined ? [] : [object])];
      if (terms.some((term) => isEmpty(term.values))) continue;
      rules.push({ terms: terms.filter((term) => !isAlways(term, problem)), cause: { kind: 'facts', facts } });
    }
  }
  return { rules, wanted: [...wanted], asks };
}

interface Group {
  readonly object: Term | undefined;
  values: Values;
  readonly facts: number[];
}

/** A fact that excludes that its object is absent asks for it. */
function noteAsking({ subject, object }: Fact, wanted: Set<number>, asks: (number[] | undefined)[][]): void {
  if (object === undefined) {
    if (hasAbsent(subject.values)) wanted.add(subject.package);
    return;
  }
  if (!hasAbsent(object.values)) return;
  const ofSubject = (asks[subject.package] ??= []);
  for (const release of releasesOf(subject.values)) (ofSubject[release] ??= []).push(object.package);
}

function isAlways({ package: index, values }: Term, problem: Problem): boolean {
  return isWithin(allValues(problem.packages[index]!.count), values);
}
