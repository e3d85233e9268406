/**
 * Means without a past to correct for what the nodes are like: then a node is one observation. At 1, 2, 4, 8, ...
 * minutes the means of the new nodes are held against those of the controls with a two-sample t-test as a Bayes factor
 * (right-Haar prior on mean and variance, Gaussian prior on the effect, one-sided: Lai 1976; Wang and Ramdas, "Anytime-valid
 * t-tests and confidence sequences for Gaussian means with unknown variance", 2024). Each is an e-value; their sum with
 * weights that add up to at most 1 is one too, at every look, since it never falls.
 */
export const firstCheckMs = 60_000;
const effectVariances = [0.5, 5, 50] as const;

/** Weight of check `index`, from 0; they add up to 1 over all that may ever come. */
export function checkWeight(index: number): number {
  return 1 / ((index + 1) * (index + 2));
}

/** `margin`: how much higher the canaries may be. 0 where nothing can be said. */
export function meansEValue(canaries: readonly number[], controls: readonly number[], margin: number): number {
  const freedom = canaries.length + controls.length - 2;
  if (canaries.length === 0 || controls.length < 2) return 0;
  const difference = mean(canaries) - mean(controls) - margin;
  if (difference <= 0) return 0;
  const size = (canaries.length * controls.length) / (canaries.length + controls.length);
  const pooled = (squares(canaries) + squares(controls)) / freedom;
  const t2 = pooled === 0 ? Infinity : (difference * difference * size) / pooled;
  const factors = effectVariances.map((effect) => {
    const shrink = 1 + effect * size;
    const ratio = t2 === Infinity ? shrink : (1 + t2 / freedom) / (1 + t2 / (freedom * shrink));
    return (2 * ratio ** ((freedom + 1) / 2)) / Math.sqrt(shrink);
  });
  return Math.min(1e12, mean(factors));
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function squares(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((total, value) => total + (value - middle) ** 2, 0);
}
