/**
 * Means (memory, CPU, disk I/O, own queries), compared by ranks (conformal test martingale: Vovk, Gammerman and Shafer,
 * "Algorithmic Learning in a Random World", 2005). For each block D is the new nodes' mean less the
 * controls'. If the step changed nothing, D of a new block is as likely to take any place among those before: its rank
 * U is uniform, whatever the distribution, so bursts and heavy tails do no harm. Bets pay kappa U^(kappa - 1), which
 * rises, so they win when D has gone up. Ties share the payment of the places that they take.
 */
import { multiply, startWealth, type Wealth } from './wealth.ts';

const kappas = [1.5, 3, 8, 25, 80] as const;
/** So that no single block, however high, multiplies the wealth by more than about 12. */
const shares = [0.25, 0.25, 0.25, 0.2, 0.05] as const;

/** Values in ascending order. */
export interface Ranks {
  readonly wealth: Wealth;
  readonly sorted: number[];
}

export function startRanks(history: readonly number[]): Ranks {
  return { wealth: startWealth(shares), sorted: [...history].sort((a, b) => a - b) };
}

export function betOnRank({ wealth, sorted }: Ranks, value: number): void {
  const below = firstNotBelow(sorted, value);
  let equal = 0;
  while (sorted[below + equal] === value) equal += 1;
  const places = sorted.length + 1;
  const low = below / places;
  const high = (below + equal + 1) / places;
  multiply(wealth, (index) => (high ** kappas[index]! - low ** kappas[index]!) / (high - low));
  sorted.splice(below, 0, value);
}

function firstNotBelow(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Largest shift that the evidence rules out at `threshold`: had the new values been lower by it, wealth would still
 * have reached it. null: not even a shift far below all values is ruled out.
 */
export function ruledOut(history: readonly number[], evidence: readonly number[], threshold: number): number | null {
  if (history.length === 0 || evidence.length === 0) return null;
  const least = Math.min(...history, ...evidence);
  const span = Math.max(...history, ...evidence) - least;
  let low = -2 * span - 1e-9;
  let high = 2 * span + 1e-9;
  const reaches = (shift: number): boolean => {
    const ranks = startRanks(history);
    for (const value of evidence) betOnRank(ranks, value - shift);
    return ranks.wealth.highest >= threshold;
  };
  if (!reaches(low)) return null;
  for (let step = 0; step < 24; step += 1) {
    const middle = (low + high) / 2;
    if (reaches(middle)) low = middle;
    else high = middle;
  }
  return low;
}
