import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatInstant, parseInstant } from '../../../src/kernel/units/instant.ts';
import { runs } from '../../support/runs.ts';

test('an instant is written as Temporal writes it, in any year, and read back as it was', () => {
  fc.assert(
    fc.property(fc.integer({ min: -70_000_000_000_000, max: 260_000_000_000_000 }), (ms) => {
      const text = formatInstant(ms);
      const instant = Temporal.Instant.fromEpochMilliseconds(ms);
      expect(text).toBe(instant.toString({ smallestUnit: 'millisecond' }));
      expect(parseInstant(text)).toBe(ms);
    }),
    runs(100_000),
  );
});
