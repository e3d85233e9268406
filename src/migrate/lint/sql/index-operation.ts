/** CREATE INDEX as the operation that does the same. */
import type { Operation } from '../../../model/documents.ts';
import type { SqlParser } from '../../../ports/schema/sql-parser.ts';
import { relationOf } from '../../convert/tree.ts';
import { writtenName } from './names.ts';
import { treeOf, type TreeOf } from './tree.ts';

const methods = ['btree', 'hash', 'gin', 'gist', 'brin', 'spgist'] as const;

export function indexOperation(sql: SqlParser, index: TreeOf<'IndexStmt'>): Operation {
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
