/** Facts to the rules that a solver works with: facts that differ only in the release they speak of are one rule. */
import type { Problem, Rule, Term } from './problem.ts';
import { allValues, hasAbsent, include, isEmpty, isWithin, releasesOf } from './values.ts';

export interface RuleBook {
  readonly rules: readonly Rule[];
  /** Packages that are wanted whatever is chosen. */
  readonly wanted: readonly number[];
  /** By package and release: the packages that the release asks for. */
  readonly asks: readonly (readonly (readonly number[] | undefined)[] | undefined)[];
}

/** `chosen`: indexes of the facts that count; absent: all. */
export function makeRules({ packages, facts }: Problem, chosen?: readonly number[]): RuleBook {
  const { frames, frameOf, subjectValues } = facts;
  const groups: ({ readonly values: number[]; readonly facts: number[] } | undefined)[] = [];
  const used: number[] = [];
  const count = chosen === undefined ? frameOf.length : chosen.length;
  for (let at = 0; at < count; at += 1) {
    const fact = chosen === undefined ? at : chosen[at]!;
    const frame = frameOf[fact]!;
    const group = groups[frame];
    if (group === undefined) {
      groups[frame] = { values: subjectValues[fact]!.slice(), facts: [fact] };
      used.push(frame);
    } else {
      include(group.values, subjectValues[fact]!);
      group.facts.push(fact);
    }
  }
  const all = packages.map((one) => allValues(one.count));
  const isAlways = (term: Term): boolean => hasAbsent(term.values) && isWithin(all[term.package]!, term.values);
  const book: { rules: Rule[]; wanted: number[]; asks: (number[] | undefined)[][] } = {
    rules: [],
    wanted: [],
    asks: [],
  };
  for (const frame of used) {
    const { values, facts: said } = groups[frame]!;
    const { subject, object } = frames[frame]!;
    if (isEmpty(values) || (object !== undefined && isEmpty(object.values))) continue;
    const own = { package: subject, values };
    const terms = object === undefined || isAlways(object) ? [own] : [own, object];
    book.rules.push({
      terms: terms.filter((term) => term !== own || !isAlways(own)),
      cause: { kind: 'facts', facts: said },
    });
    // A fact that excludes that a package is absent asks for it.
    if (object === undefined && hasAbsent(values)) book.wanted.push(subject);
    if (object === undefined || !hasAbsent(object.values)) continue;
    const ofPackage = (book.asks[subject] ??= []);
    for (const release of releasesOf(values)) (ofPackage[release] ??= []).push(object.package);
  }
  return book;
}
