import { expect, test } from 'vitest';
import { familyRun, firstFailure, mostStops } from '../../support/judge/false-aborts.ts';
import { noiseKinds } from '../../support/judge/noise.ts';
import { simulatedEvidence, usual } from '../../support/judge/simulated-metrics.ts';
import { isSoak, runs } from '../../support/runs.ts';

/** A look every second: an hour of them in a soak, ten minutes otherwise. */
const seconds = isSoak ? 3600 : 600;

test.each(noiseKinds)('twenty comparing gates stop at most one good release in twenty: %s', (noise) => {
  const { numRuns } = runs(400);
  let stopped = 0;
  for (let seed = 1; seed <= numRuns; seed += 1) if (familyRun(noise, 10_000 + seed, seconds).judge) stopped += 1;
  expect(stopped).toBeLessThanOrEqual(mostStops(numRuns));
});

test('five times an error rate of 0.1 % is found within two minutes in the median', () => {
  const { numRuns } = runs(2100);
  const found: number[] = [];
  for (let seed = 1; seed <= numRuns; seed += 1) {
    const spec = { ...usual, nodes: 40, effect: 5, seconds: 600, historySeconds: 1800, seed: 777 + seed * 13 };
    found.push(firstFailure(simulatedEvidence(spec)) ?? Infinity);
  }
  found.sort((a, b) => a - b);
  expect(found[Math.floor(found.length / 2)]).toBeLessThanOrEqual(120);
});
