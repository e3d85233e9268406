import { relationOf } from '../../convert/tree.ts';
import type { LintRule } from '../rule.ts';
import { writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

/** DETACH locks the whole table of partitions; ATTACH reads the new partition, unless a valid check says what is in it. */
export const partition: LintRule = {
  code: 'THM7228',
  name: 'partition',
  severity: 'warning',
  concerns: 'others',
  *check({ alters, table: find, isNew }) {
    for (const { command, table, statement } of alters) {
      const part = treeOf(command.def, 'PartitionCmd');
      if (part === undefined || isNew(table, statement.operation)) continue;
      const own = relationOf(part.name);
      if (command.subtype === 'AT_DetachPartition' && part.concurrent !== true) {
        yield {
          operation: statement.operation,
          summary: `Detaching ${writtenName(own)} without CONCURRENTLY keeps everybody out of ${writtenName(table)}.`,
          fix: 'Write DETACH PARTITION ... CONCURRENTLY in an operation of its own with transactional: false.',
          cost: { table },
        };
      }
      if (command.subtype !== 'AT_AttachPartition' || isNew(own, statement.operation)) continue;
      if (find(own)?.constraints.some(({ kind, validated }) => kind === 'check' && validated)) continue;
      yield {
        operation: statement.operation,
        summary: `Attaching ${writtenName(own)} reads all of it under a lock.`,
        fix: 'Add a check with the bounds of the partition first, with addConstraint, and attach it in a later migration.',
        cost: { table: own, work: 'scan', blocks: 'everybody', online: 'scan' },
      };
    }
  },
};
