import type { LintRule } from '../rule.ts';
import { takenAway } from './contract.ts';

/** Contract opens when every node has the release: where none is named, nothing holds it back. */
export const unboundContract: LintRule = {
  code: 'THM7232',
  name: 'unbound-contract',
  severity: 'warning',
  *check(world) {
    if (world.bound) return;
    const fix = 'Name in "release" the versions that do without what is dropped.';
    for (const { operation, what, table, how } of takenAway(world.operations)) {
      if (world.isNew(table, operation)) continue;
      yield {
        operation,
        summary: `In contract ${what} ${how}, and contract waits for no release: none is named.`,
        fix,
      };
    }
    for (const { kind, index, params } of world.operations) {
      if ((kind !== 'rawSql' && kind !== 'custom') || params.phase !== 'contract') continue;
      yield {
        operation: index,
        severity: 'error',
        summary: `This ${kind} belongs to contract, which waits for no release and no grace: none is named.`,
        fix,
      };
    }
  },
};
