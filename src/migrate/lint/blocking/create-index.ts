import { relationOf } from '../../convert/tree.ts';
import { tableName } from '../../sql/quote.ts';
import { asOperation } from '../as-operation.ts';
import type { LintRule } from '../rule.ts';
import { indexOperation } from '../sql/index-operation.ts';
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
        fix: `Write ${asOperation(indexOperation(sql, index))}: it is built concurrently, and again where that fails.`,
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
