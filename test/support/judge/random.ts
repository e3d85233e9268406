import { seededRandom as uniform } from '../../../src/adapters/transport/simulated/seeded-random.ts';

/** Seeded randomness for simulated metrics: the same numbers on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  normal(): number;
  poisson(mean: number): number;
}

export function seededRandom(seed: number): Random {
  const next = uniform(seed ^ 0x9e3779b9);
  for (let warm = 0; warm < 8; warm += 1) next();
  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const poisson = (mean: number): number => {
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const floor = Math.exp(-mean);
    let count = 0;
    for (let product = next(); product > floor; product *= next()) count += 1;
    return count;
  };
  return { next, normal, poisson };
}
