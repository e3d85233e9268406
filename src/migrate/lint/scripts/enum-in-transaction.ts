import { namedIn, namesOf } from '../../convert/tree.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import { asOperation } from '../as-operation.ts';
import type { LintRule } from '../rule.ts';
import { writtenName } from '../sql/names.ts';
import { nodesOf, treeOf } from '../sql/tree.ts';

/** A value of an enumerated type is of no use before the transaction that adds it has ended. */
export const enumInTransaction: LintRule = {
  code: 'THM7216',
  name: 'enum-in-transaction',
  severity: 'error',
  isFact: true,
  *check({ scripts }) {
    for (const { operation, statements, transactional } of scripts) {
      if (!transactional) continue;
      for (const [at, { node }] of statements.entries()) {
        const added = treeOf(node, 'AlterEnumStmt');
        const value = added?.oldVal === undefined ? added?.newVal : undefined;
        if (value === undefined || !statements.slice(at + 1).some((later) => says(later.node, value))) continue;
        const type = writtenName(namedIn(namesOf(added!.typeName)));
        yield {
          operation,
          summary: `Value ${value} of ${type} is used in the transaction that adds it, which PostgreSQL refuses.`,
          fix: `Write ${asOperation({ addEnumValue: { type, value } })} before it, and use the value in an operation of its own.`,
        };
      }
    }
  },
};

function says(node: SqlNode, value: string): boolean {
  return [...nodesOf(node, 'A_Const')].some(({ sval }) => sval?.sval === value);
}
