/** SemVer ranges as sets over the releases there are. Each range of a package is looked at once. */
import { type Comparator, Range, type SemVer } from 'semver';
import type { Term } from '../pubgrub/problem.ts';
import {
  allValues,
  difference,
  includeRelease,
  noValues,
  releaseValues,
  type Values,
  withoutAbsent,
} from '../pubgrub/values.ts';
import { type Conflict, conflictsWith } from '../version-match.ts';
import type { Candidate } from './candidates.ts';

export interface RangeTerms {
  /** What is excluded where the package must be there. */
  readonly missed: Term;
  /** What is excluded where it may be absent. */
  readonly missedIfPresent: Term;
}

export interface RangeBook {
  range(packageIndex: number, text: string): RangeTerms;
  /** Releases that a conflict hits. */
  conflict(packageIndex: number, conflict: Conflict): Term;
}

export function createRangeBook(candidates: readonly (readonly Candidate[])[]): RangeBook {
  const parsed = new Map<string, Range | undefined>();
  const ranges = candidates.map(() => new Map<string, RangeTerms>());
  const conflicts = candidates.map(() => new Map<string, Term>());
  const all = candidates.map((list) => allValues(list.length));
  return {
    range(index, text) {
      let known = ranges[index]!.get(text);
      if (known === undefined) {
        if (!parsed.has(text)) parsed.set(text, parseRange(text));
        const missed = difference(all[index]!, within(candidates[index]!, text, parsed.get(text)));
        known = {
          missed: { package: index, values: missed },
          missedIfPresent: { package: index, values: withoutAbsent(missed) },
        };
        ranges[index]!.set(text, known);
      }
      return known;
    },
    conflict(index, conflict) {
      const key = conflict.range ?? '';
      let known = conflicts[index]!.get(key);
      if (known === undefined) {
        const list = candidates[index]!;
        const hit = [...list.keys()].filter((at) => conflictsWith(conflict, list[at]!.version));
        known = { package: index, values: releaseValues(list.length, hit) };
        conflicts[index]!.set(key, known);
      }
      return known;
    },
  };
}

function parseRange(text: string): Range | undefined {
  try {
    return new Range(text);
  } catch {
    return undefined;
  }
}

/**
 * A range is a union of intervals, so its ends are searched for; only pre-releases, which count where a range names
 * them, are tested one by one.
 */
function within(list: readonly Candidate[], text: string, range: Range | undefined): Values {
  const found = noValues(list.length);
  const exact = list.findIndex(({ version }) => version === text);
  if (exact !== -1) includeRelease(found, exact);
  for (const comparators of range?.set ?? []) {
    const [from, to] = interval(list, comparators);
    for (let index = from; index < to; index += 1) {
      const { parsed } = list[index]!;
      if (parsed.prerelease.length === 0 || range!.test(parsed)) includeRelease(found, index);
    }
  }
  return found;
}

/** The first release that all comparators admit, and the first after those that they do. */
function interval(list: readonly Candidate[], comparators: readonly Comparator[]): readonly [number, number] {
  let from = 0;
  let to = list.length;
  for (const { operator, semver, value } of comparators) {
    if (value === '') continue;
    if (operator === '>=') from = Math.max(from, firstFrom(list, semver, false));
    else if (operator === '>') from = Math.max(from, firstFrom(list, semver, true));
    else if (operator === '<=') to = Math.min(to, firstFrom(list, semver, true));
    else if (operator === '<') to = Math.min(to, firstFrom(list, semver, false));
    else {
      from = Math.max(from, firstFrom(list, semver, false));
      to = Math.min(to, firstFrom(list, semver, true));
    }
  }
  return [from, to];
}

/** The first release that is not below the version; with `beyond`, the first above it. */
function firstFrom(list: readonly Candidate[], version: SemVer, beyond: boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = list[middle]!.parsed.compare(version);
    if (order < 0 || (beyond && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}
