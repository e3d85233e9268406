import { relationOf } from '../../convert/tree.ts';
import type { Operation } from '../../../model/documents.ts';
import type { SqlParser } from '../../../ports/sql-parser.ts';
import { tableName } from '../../sql/quote.ts';
import { asOperation } from '../as-operation.ts';
import type { LintRule } from '../rule.ts';
import { writtenName } from '../sql/names.ts';
import { treeOf, type TreeOf } from '../sql/tree.ts';

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

const methods = ['btree', 'hash', 'gin', 'gist', 'brin', 'spgist'] as const;

function indexOperation(sql: SqlParser, index: TreeOf<'IndexStmt'>): Operation {
  const table = relationOf(index.relation);
  const columns = (index.indexParams ?? []).flatMap((node) => {
    const element = treeOf(node, 'IndexElem');
    return element?.name ?? (element?.expr === undefined ? [] : (sql.deparse(element.expr) ?? []));
  });
  const include = (index.indexIncludingParams ?? []).flatMap((node) => treeOf(node, 'IndexElem')?.name ?? []);
  const where = index.whereClause === undefined ? undefined : sql.deparse(index.whereClause);
  const method = methods.find((one) => one === index.accessMethod && one !== 'btree');
  return {
    addIndex: {
      table: writtenName(table),
      name: index.idxname ?? `${table.name}_${columns.join('_').replaceAll(/\W+/gu, '_')}_idx`.slice(0, 63),
      columns,
      ...(index.unique === true ? { unique: true } : {}),
      ...(method === undefined ? {} : { method }),
      ...(include.length === 0 ? {} : { include }),
      ...(where === undefined ? {} : { where }),
    },
  };
}
