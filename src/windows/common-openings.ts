/**
 * When nothing of a list of restrictions stands against a touch: the intersection of all windows, less every
 * blackout. Openings that touch are one, also over the ends of blocks; blocks are expanded when somebody asks.
 */
import { intersectOpenings, mergeOpenings, subtractOpenings, type Opening } from './opening.ts';
import { remember } from './remember.ts';
import { blockMs, type Restriction } from './restriction.ts';
import { dayMs } from './wall-clock.ts';

/** As far as an opening is followed in either direction. It holds a whole year with both changes of the clock. */
export const reachMs = 400 * dayMs;

export interface CommonOpenings {
  /** The first that ends after `fromMs` and starts at `limitMs` or before; ends that are out of reach are infinite. */
  openingAfter(fromMs: number, limitMs: number): Opening | undefined;
  /** The first whose rest, from `fromMs` on, holds `needMs`. */
  nextFit(fromMs: number, needMs: number, limitMs: number): Opening | undefined;
}

export function createCommonOpenings(restrictions: readonly Restriction[]): CommonOpenings {
  const windows = restrictions.filter((one) => one.kind === 'window');
  const closed = mergeOpenings(restrictions.flatMap((one) => (one.kind === 'blackout' ? [one.closed] : [])));
  const openIn = remember((block: number) => {
    let open: readonly Opening[] = [{ startMs: block * blockMs, endMs: (block + 1) * blockMs }];
    for (const one of windows) {
      open = intersectOpenings(open, one.pattern.openIn(block));
      if (open.length === 0) return open;
    }
    return subtractOpenings(open, closed);
  });

  function openingAfter(fromMs: number, limitMs: number): Opening | undefined {
    const lastBlock = Math.floor(limitMs / blockMs);
    for (let block = Math.floor(fromMs / blockMs); block <= lastBlock; block += 1) {
      const found = openIn(block).find(({ endMs }) => endMs > fromMs);
      if (found === undefined) continue;
      if (found.startMs > limitMs) return undefined;
      return { startMs: startOf(found.startMs, block, fromMs), endMs: endOf(found.endMs, block, fromMs) };
    }
    return undefined;
  }

  function startOf(startMs: number, block: number, fromMs: number): number {
    if (startMs !== block * blockMs) return startMs;
    if (startMs < fromMs - reachMs) return -Infinity;
    const before = openIn(block - 1).at(-1);
    return before?.endMs === startMs ? startOf(before.startMs, block - 1, fromMs) : startMs;
  }

  function endOf(endMs: number, block: number, fromMs: number): number {
    if (endMs !== (block + 1) * blockMs) return endMs;
    if (endMs > fromMs + reachMs) return Infinity;
    const next = openIn(block + 1)[0];
    return next?.startMs === endMs ? endOf(next.endMs, block + 1, fromMs) : endMs;
  }

  return {
    openingAfter,
    nextFit(fromMs, needMs, limitMs) {
      let opening = openingAfter(fromMs, limitMs);
      while (opening !== undefined && Math.max(opening.startMs, fromMs) + needMs > opening.endMs) {
        opening = openingAfter(opening.endMs, limitMs);
      }
      return opening;
    },
  };
}
