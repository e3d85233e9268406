/**
 * Shares (failed requests, requests slower than the controls' quantile), compared by betting (Waudby-Smith and Ramdas,
 * "Estimating means of bounded random variables by betting", JRSS B 2024). The unit is a block: X is the share over the new
 * nodes, m the share that the controls and the nodes' own past lead one to expect, times what is allowed. The factor
 * 1 + lambda (X - m) has expectation <= 1 whenever E[X | past, controls] <= m, whatever the distribution inside the
 * block: bursts and dependent requests cost power, not validity. lambda follows from m and the number of requests, for odds
 * of 1.25, 2, 5 and 20 times what is expected.
 */
import { multiply, startWealth, type Wealth } from './wealth.ts';

const times = [1.25, 2, 5, 20] as const;
const shares = [0.1, 0.25, 0.5, 0.15] as const;
/** A bet never loses more than this of its wealth at once. */
const stake = 0.75;

export function startShareBets(): Wealth {
  return startWealth(shares);
}

/** `expected` in (0, 1); `observed` in [0, 1]; `requests` > 0. */
export function betOnShare(wealth: Wealth, observed: number, expected: number, requests: number): void {
  multiply(wealth, (index) => {
    const more = times[index]! - 1;
    const lambda = Math.min((more * requests) / (1 + more * requests * expected), stake / expected);
    return 1 + lambda * (observed - expected);
  });
}
