/**
 * Why nothing ever fits: a set of restrictions that alone leave no room, of which none can be taken away without
 * leaving some. One alone and two windows are tried first, because that is what it nearly always is, and kept for other
 * nodes. Else it is found by taking away: what the rest does without is not part of the proof, blackouts first.
 *
 * What "ever" means: beyond the last blackout only weekly windows remain. Looked at are all blackouts that end within
 * ten years, and after the last of them 400 days: every week of a year with both changes of the clock, so every way in
 * which the windows of different zones can lie to each other.
 */
import { formatDuration } from '../kernel/units/duration.ts';
import { createCommonOpenings, reachMs } from './common-openings.ts';
import { blackoutText, windowsText } from './describe.ts';
import { openingsKey, type Restriction } from './restriction.ts';
import { dayMs } from './wall-clock.ts';
import type { Blocker } from './window-answer.ts';

/** A search that failed: no start from `fromMs` to `limitMs`. */
export interface Search {
  readonly fromMs: number;
  readonly needMs: number;
  readonly limitMs: number;
}

const endlessMs = 3653 * dayMs;

export function searchLimit(restrictions: readonly Restriction[], fromMs: number): number {
  let lastMs = fromMs;
  for (const one of restrictions) {
    if (one.kind === 'blackout' && one.closed.endMs <= fromMs + endlessMs) lastMs = Math.max(lastMs, one.closed.endMs);
  }
  return lastMs + reachMs;
}

export interface Prover {
  /** A proof of one or two windows, from what is known or quickly found; undefined says nothing. */
  quick(restrictions: readonly Restriction[], search: Search): readonly Blocker[] | undefined;
  /** Of a search that failed. */
  whole(restrictions: readonly Restriction[], search: Search): readonly Blocker[];
}

/** More windows than these are not tried two by two. */
const mostForPairs = 12;

/** `isTimeless`: the whole pattern is looked at, so that windows which never fit never fit, from whenever one looks. */
export function createProver(isTimeless: boolean): Prover {
  const known = new Map<string, boolean>();

  function isNever(restrictions: readonly Restriction[], search: Search): boolean {
    const { fromMs, needMs, limitMs } = search;
    const fails = (): boolean => createCommonOpenings(restrictions).nextFit(fromMs, needMs, limitMs) === undefined;
    if (!isTimeless || restrictions.length > 2 || restrictions.some(({ kind }) => kind === 'blackout')) return fails();
    const key = `${needMs} ${openingsKey(restrictions)}`;
    const answer = known.get(key) ?? fails();
    known.set(key, answer);
    return answer;
  }

  function small(restrictions: readonly Restriction[], search: Search): readonly Restriction[] | undefined {
    const alone = restrictions.find((one) => isNever([one], search));
    if (alone !== undefined) return [alone];
    const windows = restrictions.filter(({ kind }) => kind === 'window');
    if (windows.length > mostForPairs) return undefined;
    for (const [index, one] of windows.entries()) {
      const other = windows.slice(index + 1).find((later) => isNever([one, later], search));
      if (other !== undefined) return [one, other];
    }
    return undefined;
  }

  function minimal(restrictions: readonly Restriction[], search: Search): readonly Restriction[] {
    const windows = restrictions.filter(({ kind }) => kind === 'window');
    let needed = isNever(windows, search) ? windows : restrictions;
    const blackoutsFirst = needed.toSorted((a, b) => Number(a.kind === 'window') - Number(b.kind === 'window'));
    for (const one of blackoutsFirst) {
      const rest = needed.filter((other) => other !== one);
      if (isNever(rest, search)) needed = rest;
    }
    return needed;
  }

  return {
    quick(restrictions, search) {
      const windows = restrictions.filter(({ kind }) => kind === 'window');
      const proof = small(windows, search);
      return proof === undefined ? undefined : describe(proof, search);
    },
    whole(restrictions, search) {
      return describe(small(restrictions, search) ?? minimal(restrictions, search), search);
    },
  };
}

function describe(proof: readonly Restriction[], search: Search): readonly Blocker[] {
  const windowed = proof.filter(({ kind }) => kind === 'window').map(({ tenant }) => tenant);
  const leaves = roomLeft(proof, search);
  return proof.map((one) => {
    const { tenant, kind } = one;
    if (kind === 'blackout') {
      return { tenant, kind, detail: `Tenant ${tenant} has a ${blackoutText(one.blackout)}, which ${leaves}.` };
    }
    const others = windowed.filter((name) => name !== tenant);
    const together = others.length === 0 ? '' : ` together with ${joinNames(others)}`;
    return { tenant, kind, detail: `Tenant ${tenant} opens ${windowsText(one.windows)}, which${together} ${leaves}.` };
  });
}

/** `leaves no time at all`, `leaves 30m at most where 1h is needed`. */
function roomLeft(proof: readonly Restriction[], { fromMs, needMs, limitMs }: Search): string {
  const openings = createCommonOpenings(proof);
  let longestMs = 0;
  for (let next = openings.openingAfter(fromMs, limitMs); next !== undefined;) {
    longestMs = Math.max(longestMs, next.endMs - Math.max(next.startMs, fromMs));
    next = openings.openingAfter(next.endMs, limitMs);
  }
  if (longestMs === 0) return 'leaves no time at all';
  return `leaves ${formatDuration(longestMs)} at most where ${formatDuration(needMs)} are needed`;
}

function joinNames(names: readonly string[]): string {
  const most = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return most.length === 1 ? most[0]! : `${most.slice(0, -1).join(', ')} and ${most.at(-1)!}`;
}
