import { relationOf } from '../../convert/tree.ts';
import type { LintRule } from '../rule.ts';
import { writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

/** TRUNCATE loses every row under a lock, and a snapshot that is older sees none of them. */
export const truncate: LintRule = {
  code: 'THM7211',
  name: 'truncate',
  severity: 'error',
  *check({ statements, catalog, isNew }) {
    for (const { node, operation } of statements) {
      const statement = treeOf(node, 'TruncateStmt');
      if (statement === undefined) continue;
      for (const relation of statement.relations ?? []) {
        const table = relationOf(treeOf(relation, 'RangeVar'));
        if (isNew(table, operation)) continue;
        const pointing = (catalog?.tables ?? []).filter(({ constraints }) =>
          constraints.some(({ references }) => references === `${table.schema}.${table.name}`),
        );
        yield {
          operation,
          summary: `TRUNCATE empties ${writtenName(table)} while nobody can use it, and nothing brings the rows back.`,
          fix: 'Drop the table after grace and create another, or delete the rows in batches outside of the migration.',
          details:
            statement.behavior === 'DROP_CASCADE'
              ? pointing.map((one) => `CASCADE empties ${writtenName(one)} too, which points to it.`)
              : [],
          cost: { table },
        };
      }
    }
  },
};
