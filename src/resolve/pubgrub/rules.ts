/** Facts to the rules that a solver works with: facts that differ only in the release they speak of are one rule. */
import type { Problem, Rule, Term } from './problem.ts';
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
  const count = chosen === undefined ? problem.facts.length : chosen.length;
  for (let at = 0; at < count; at += 1) {
    const index = chosen === undefined ? at : chosen[at]!;
    const { subject, object } = problem.facts[index]!;
    let ofSubject = groups.get(subject.package);
    if (ofSubject === undefined) groups.set(subject.package, (ofSubject = new Map()));
    const group = ofSubject.get(object?.values);
    if (group === undefined) ofSubject.set(object?.values, { object, values: subject.values, facts: [index] });
    else {
      group.values = union(group.values, subject.values);
      group.facts.push(index);
    }
  }
  const book: { rules: Rule[]; wanted: number[]; asks: (number[] | undefined)[][] } = {
    rules: [],
    wanted: [],
    asks: [],
  };
  for (const [subject, ofSubject] of groups) {
    for (const { object, values, facts } of ofSubject.values()) {
      if (isEmpty(values) || (object !== undefined && isEmpty(object.values))) continue;
      const terms = [{ package: subject, values }, ...(object === undefined ? [] : [object])];
      book.rules.push({ terms: terms.filter((term) => !isAlways(term, problem)), cause: { kind: 'facts', facts } });
      // A fact that excludes that a package is absent asks for it.
      if (object === undefined && hasAbsent(values)) book.wanted.push(subject);
      if (object === undefined || !hasAbsent(object.values)) continue;
      const ofPackage = (book.asks[subject] ??= []);
      for (const release of releasesOf(values)) (ofPackage[release] ??= []).push(object.package);
    }
  }
  return book;
}

interface Group {
  readonly object: Term | undefined;
  values: Values;
  readonly facts: number[];
}

function isAlways({ package: index, values }: Term, problem: Problem): boolean {
  return hasAbsent(values) && isWithin(allValues(problem.packages[index]!.count), values);
}
