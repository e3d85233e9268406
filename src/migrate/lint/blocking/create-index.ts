import { relationOf } from '../../convert/tree.ts';
import { tableName } from '../../sql/quote.ts';
import type { Operation } from '../../../model/documents.ts';
import type { LintRule } from '../rule.ts';
import { asOperations, writtenOperations } from '../sql/as-operations.ts';
import { writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

/** CREATE INDEX keeps out writers until it is done. */
export const createIndex: LintRule = {
  code: 'THM7206',
  name: 'create-index',
  severity: 'error',
  concerns: 'others',
  *check({ statements, operations, sql, isNew }) {
    for (const { node, operation } of statements) {
      const index = treeOf(node, 'IndexStmt');
      if (index === undefined || index.concurrent === true) continue;
      const table = relationOf(index.relation);
      if (isNew(table, operation)) continue;
      yield {
        operation,
        summary: `Index ${index.idxname ?? 'without a name'} on ${writtenName(table)} is built without CONCURRENTLY, which keeps out writers.`,
        fix: fixOf(asOperations(sql, node)),
        cost: { table, work: 'buildIndex', blocks: 'writers', online: 'buildIndexConcurrently' },
      };
    }
    for (const { kind, index, params } of operations) {
      if (kind !== 'addIndex' || params.online !== false) continue;
      const table = tableName(params.table);
      if (isNew(table, index)) continue;
      yield {
        operation: index,
        severity: 'warning',
        summary: `Index ${params.name} is built with online: false, which keeps out writers of ${params.table}.`,
        fix: 'Leave out online, or run it where nobody writes.',
        cost: { table, work: 'buildIndex', blocks: 'writers', online: 'buildIndexConcurrently' },
      };
    }
  },
};

function fixOf(safe: readonly Operation[] | undefined): string {
  return safe === undefined
    ? 'Write CREATE INDEX CONCURRENTLY in an operation of its own with transactional: false.'
    : `Write ${writtenOperations(safe)}: it is built concurrently, and again where that fails.`;
}
