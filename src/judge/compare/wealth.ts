/**
 * Wealth of bets against "not worse than allowed". Each bet multiplies what it has by a factor that is never negative and
 * that has an expectation of at most 1 as long as the claim holds; so by Ville's inequality (1939) the probability that wealth ever
 * reaches 1/alpha is at most alpha, however often one looks. Several bets share the starting wealth: their mean is again
 * such a wealth. What counts is the highest wealth so far.
 */
export interface Wealth {
  readonly shares: readonly number[];
  /** Natural logarithm of each bet's wealth. */
  readonly logs: number[];
  highest: number;
}

/** Far beyond any threshold; keeps numbers finite. */
const most = 1e12;

export function startWealth(shares: readonly number[]): Wealth {
  return { shares, logs: shares.map(() => 0), highest: 1 };
}

/** `factorOf`: what bet `index` multiplies its wealth by. */
export function multiply(wealth: Wealth, factorOf: (index: number) => number): void {
  let total = 0;
  for (let index = 0; index < wealth.shares.length; index += 1) {
    const log = wealth.logs[index]! + Math.log(Math.max(factorOf(index), Number.MIN_VALUE));
    wealth.logs[index] = log;
    total += wealth.shares[index]! * Math.exp(Math.min(log, 40));
  }
  wealth.highest = Math.min(most, Math.max(wealth.highest, total));
}
