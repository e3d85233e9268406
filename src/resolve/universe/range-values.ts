/** SemVer ranges as sets over the releases there are. Each range of a package is looked at once. */
import { Range, type SemVer } from 'semver';
import { allValues, difference, releaseValues, type Values } from '../pubgrub/values.ts';
import { type Conflict, conflictsWith } from '../version-match.ts';
import type { Candidate } from './candidates.ts';

export interface RangeValues {
  /** Indexes of the releases that satisfy the range, ascending. */
  readonly releases: readonly number[];
  /** What is excluded where the package must be there. */
  readonly missed: Values;
  /** What is excluded where it may be absent. */
  readonly missedIfPresent: Values;
}

export interface RangeBook {
  range(packageIndex: number, text: string): RangeValues;
  /** Releases that a conflict hits; empty: none. */
  conflict(packageIndex: number, conflict: Conflict): { readonly count: number; readonly values: Values };
}

export function createRangeBook(candidates: readonly (readonly Candidate[])[]): RangeBook {
  const parsed = new Map<string, Range | undefined>();
  const ranges = candidates.map(() => new Map<string, RangeValues>());
  const conflicts = candidates.map(() => new Map<string, { count: number; values: Values }>());
  const absent = (count: number): Values => difference(allValues(count), releaseValues(count, Array(count).keys()));
  return {
    range(index, text) {
      let known = ranges[index]!.get(text);
      if (known === undefined) {
        if (!parsed.has(text)) parsed.set(text, parseRange(text));
        const list = candidates[index]!;
        const releases = within(list, text, parsed.get(text));
        const missed = difference(allValues(list.length), releaseValues(list.length, releases));
        known = { releases, missed, missedIfPresent: difference(missed, absent(list.length)) };
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
        known = { count: hit.length, values: releaseValues(list.length, hit) };
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
function within(list: readonly Candidate[], text: string, range: Range | undefined): readonly number[] {
  const found = new Set<number>();
  for (const [index, { version }] of list.entries()) if (version === text) found.add(index);
  for (const comparators of range?.set ?? []) {
    let from = 0;
    let to = list.length;
    for (const { operator, semver, value } of comparators) {
      if (value === '') continue;
      const first = firstFrom(list, semver, false);
      const beyond = firstFrom(list, semver, true);
      if (operator === '>=' || operator === '') from = Math.max(from, first);
      else if (operator === '>') from = Math.max(from, beyond);
      if (operator === '<=' || operator === '') to = Math.min(to, beyond);
      else if (operator === '<') to = Math.min(to, first);
    }
    for (let index = from; index < to; index += 1) {
      const { parsed } = list[index]!;
      if (parsed.prerelease.length === 0 || range!.test(parsed)) found.add(index);
    }
  }
  return [...found].sort((a, b) => a - b);
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
