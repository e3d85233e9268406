import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planHops } from '../../../src/resolve/hops/plan-hops.ts';
import { bruteForceHops, randomHops } from '../../support/resolve/random-hops.ts';
import { runs } from '../../support/runs.ts';

test('the way is the one that trying every set of packages finds, or there is none', () => {
  let ways = 0;
  let long = 0;
  fc.assert(
    fc.property(randomHops, (random) => {
      const expected = bruteForceHops(random);
      const names = [...random.request.target.keys()].sort();
      const found = planHops(random.request);
      const way =
        found.kind === 'none'
          ? undefined
          : found.hops.map(({ packages }) => names.map((name) => packages[name]?.version ?? '-').join(' '));
      expect(way, found.kind === 'none' ? found.because : '').toEqual(expected);
      if (way !== undefined) ways += 1;
      if (way !== undefined && way.length > 2) long += 1;
    }),
    runs(20_000),
  );
  expect(ways).toBeGreaterThan(50);
  expect(long).toBeGreaterThan(5);
});

test('the order in which releases and packages are listed changes nothing', () => {
  fc.assert(
    fc.property(randomHops, ({ request }) => {
      const reversed = {
        ...request,
        target: new Map([...request.target].reverse()),
        installed: Object.fromEntries(Object.entries(request.installed).reverse()),
        releasesOf: (name: string) => request.releasesOf(name).toReversed(),
        knownBad: request.knownBad.toReversed(),
      };
      expect(JSON.stringify(planHops(reversed))).toBe(JSON.stringify(planHops(request)));
    }),
    runs(20_000),
  );
});
