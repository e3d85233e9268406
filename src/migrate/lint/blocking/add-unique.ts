import { writtenOperations } from '../sql/as-operations.ts';
import type { LintRule } from '../rule.ts';
import { addedConstraints, constraintOperations } from '../sql/constraint.ts';
import { writtenName } from '../sql/names.ts';

const kinds: Readonly<Record<string, string>> = {
  CONSTR_UNIQUE: 'a unique constraint',
  CONSTR_PRIMARY: 'a primary key',
  CONSTR_EXCLUSION: 'an exclusion constraint',
};

/** These build their index under the lock that keeps out everybody, unless they are given one. */
export const addUnique: LintRule = {
  code: 'THM7210',
  name: 'add-unique',
  severity: 'error',
  concerns: 'others',
  *check(world) {
    const { alters, isNew } = world;
    for (const added of addedConstraints(alters)) {
      const { table, constraint, operation } = added;
      const what = kinds[constraint.contype ?? ''];
      if (what === undefined || constraint.indexname !== undefined || isNew(table, operation)) continue;
      const safe = constraintOperations(world, added);
      yield {
        operation,
        summary: `Adding ${what} to ${writtenName(table)} builds its index while nobody can use the table.`,
        fix:
          safe !== undefined
            ? `Write ${writtenOperations(safe)}: its index is built concurrently first.`
            : constraint.contype === 'CONSTR_UNIQUE'
              ? 'Build its index CONCURRENTLY in an operation of its own, then add the constraint USING INDEX in a later migration.'
              : constraint.contype === 'CONSTR_PRIMARY'
                ? 'Build a unique index with addIndex, then add the primary key USING INDEX in a later migration.'
                : 'There is no online way: add it to a new table, and copy.',
        cost: { table, work: 'buildIndex', blocks: 'everybody', online: 'buildIndexConcurrently' },
      };
    }
  },
};
