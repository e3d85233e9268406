/**
 * What share to expect of a new node if its revision changed nothing. Nodes differ: the share of node i is taken as
 * theta_i times that of the controls, with theta_i from a Gamma distribution of mean 1 whose variance the nodes of the old revision show
 * among themselves (upper estimate). What the node did before its step and since narrows it: with h failures where e were
 * expected theta_i is (a + h) / (a + e), a = 1 / variance; never below 1, since a lucky past is no promise.
 *
 * The controls' share is the largest of three: over all that was read of them, one standard error up; over the last
 * minute, shrunk towards the first; over the block itself where it stands out (so that a common shock is not blamed on
 * the new nodes).
 */
export interface Tally {
  bad: number;
  total: number;
}

export interface Population {
  /** Of each control, everything so far. */
  readonly controls: readonly Tally[];
  /** Of each new node, before its step. */
  readonly pasts: readonly Tally[];
  /** Newest last. */
  readonly recent: { readonly block: number; readonly tally: Tally }[];
}

/** Of one new node: what happened, and what was expected. */
export interface Standing {
  happened: number;
  expected: number;
}

const recentMs = 60_000;
/** Failures that the long run counts for when the last minute is shrunk towards it. */
const anchor = 8;
/** ln of how unlikely a block has to be under the long run to stand out. */
const standsOut = Math.log(100);
const widestVariance = 1;

export function startPopulation(controls: readonly Tally[], pasts: readonly Tally[]): Population {
  return { controls, pasts, recent: [] };
}

/** Null as long as nothing was read of the controls. */
export function controlShare({ controls, recent }: Population, now: Tally): number | null {
  const all = sum([...controls, now]);
  if (all.total <= 0) return null;
  const longRun = (all.bad + Math.sqrt(all.bad) + 1) / all.total;
  const minute = sum([...recent.map(({ tally }) => tally), now]);
  const anchorTotal = anchor / longRun;
  const lately = (minute.bad + anchor) / (minute.total + anchorTotal);
  const expected = now.total * longRun;
  const unlikely = now.bad > expected && now.bad * Math.log(now.bad / expected) - (now.bad - expected) >= standsOut;
  return Math.max(longRun, lately, unlikely ? now.bad / now.total : 0);
}

export function remember(population: Population, block: number, blockMs: number, tallies: readonly Tally[]): void {
  for (const [index, tally] of tallies.entries()) {
    population.controls[index]!.bad += tally.bad;
    population.controls[index]!.total += tally.total;
  }
  population.recent.push({ block, tally: sum(tallies) });
  while ((block - population.recent[0]!.block + 1) * blockMs >= recentMs && population.recent.length > 1)
    population.recent.shift();
}

/** How much nodes differ: variance of theta, as large as their old revision allows to think. */
export function variance({ controls, pasts }: Population): number {
  const nodes = [...controls, ...pasts];
  const all = sum(nodes);
  const used = nodes.filter(({ total }) => total > 0);
  if (used.length < 2 || all.bad <= 0) return widestVariance;
  const share = all.bad / all.total;
  let excess = 0;
  let squares = 0;
  let spread = 0;
  for (const { bad, total } of used) {
    const expected = total * share;
    excess += (bad - expected) ** 2 - expected;
    squares += expected ** 2;
    spread += 2 * expected ** 2 + expected;
  }
  const correction = used.length / (used.length - 1);
  return Math.min(widestVariance, Math.max(0, (excess * correction) / squares) + (2 * Math.sqrt(spread)) / squares);
}

/** theta of a node. */
export function standingRatio({ happened, expected }: Standing, spread: number): number {
  const a = 1 / Math.max(spread, 1e-6);
  return Math.max(1, (a + happened) / (a + expected));
}

export function sum(tallies: readonly Tally[]): Tally {
  const total: Tally = { bad: 0, total: 0 };
  for (const tally of tallies) {
    total.bad += tally.bad;
    total.total += tally.total;
  }
  return total;
}
