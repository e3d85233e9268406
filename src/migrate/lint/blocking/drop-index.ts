import { tableName } from '../../sql/quote.ts';
import { asOperation } from '../as-operation.ts';
import type { LintRule } from '../rule.ts';
import { objectName, writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

/** DROP INDEX waits for the lock that keeps out everybody, and everybody waits behind it. */
export const dropIndex: LintRule = {
  code: 'THM7207',
  name: 'drop-index',
  severity: 'error',
  concerns: 'others',
  *check({ statements, operations, catalog }) {
    for (const { node, operation } of statements) {
      const drop = treeOf(node, 'DropStmt');
      if (drop?.removeType !== 'OBJECT_INDEX' || drop.concurrent === true) continue;
      for (const object of drop.objects ?? []) {
        const index = objectName(object);
        const table = catalog?.tables.find(
          ({ schema, indexes }) => schema === index.schema && indexes.some(({ name }) => name === index.name),
        );
        const written = table === undefined ? 'TABLE' : writtenName(table);
        yield {
          operation,
          summary: `Index ${writtenName(index)} is dropped without CONCURRENTLY, which keeps out readers and writers of its table.`,
          fix: `Write ${asOperation({ dropIndex: { table: written, name: index.name, gracePeriod: '7d' } })}.`,
          ...(table === undefined ? {} : { cost: { table } }),
        };
      }
    }
    for (const { kind, index, params } of operations) {
      if (kind !== 'dropIndex' || params.online !== false) continue;
      yield {
        operation: index,
        severity: 'warning',
        summary: `Index ${params.name} is dropped with online: false, which keeps out readers and writers of ${params.table}.`,
        fix: 'Leave out online.',
        cost: { table: tableName(params.table) },
      };
    }
  },
};
