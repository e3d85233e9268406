import { readersOf } from '../readers.ts';
import type { LintRule } from '../rule.ts';
import { takenAway } from './contract.ts';

/** Contract waits for every node to have the release, so the release itself must not need what it takes away. */
export const stillRead: LintRule = {
  code: 'THM7230',
  name: 'still-read',
  severity: 'error',
  *check(world) {
    const later = new Set(world.probes.next.filter(({ needsLater }) => needsLater === true).map(({ name }) => name));
    for (const { operation, what, table, column, how } of takenAway(world.operations)) {
      if (world.isNew(table, operation)) continue;
      for (const probe of readersOf(world, 'next', table, column)) {
        yield {
          operation,
          // That migration may make it anew.
          ...(later.has(probe) ? { severity: 'warning' } : {}),
          summary: `In contract ${what} ${how}, and probe ${probe} of the new release still reads it.`,
          fix: 'Release a version that does not read it first, or give the probe the releases that send it.',
        };
      }
      const next = new Set(world.probes.next.map(({ name }) => name));
      for (const probe of readersOf(world, 'running', table, column)) {
        if (next.has(probe)) continue;
        yield {
          operation,
          severity: world.bound ? 'info' : 'error',
          summary: world.bound
            ? `After ${what} ${how}, no node can go back to a release that sends probe ${probe}.`
            : `In contract ${what} ${how}, while the running release sends probe ${probe}: no release says when it stops.`,
          fix: world.bound
            ? 'Choose a gracePeriod as long as you may want to go back.'
            : 'Name in "release" the versions that do not read it.',
        };
      }
    }
  },
};
