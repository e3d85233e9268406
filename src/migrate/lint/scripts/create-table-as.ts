import { relationOf } from '../../convert/tree.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import type { LintRule } from '../rule.ts';
import { rangesIn, writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

/** A copy by one statement misses what is written meanwhile, and holds back the vacuum of the whole database. */
export const createTableAs: LintRule = {
  code: 'THM7215',
  name: 'create-table-as',
  severity: 'warning',
  *check({ statements, isNew }) {
    for (const { node, operation } of statements) {
      const query = copyingQuery(node);
      const [from] = rangesIn(query).map(relationOf);
      if (query === undefined || from === undefined || isNew(from, operation)) continue;
      yield {
        operation,
        summary: `A copy of ${writtenName(from)} in one statement has no index, no constraint, and nothing that is written to ${writtenName(from)} meanwhile.`,
        fix: 'Write createTable with its key and constraints, and copy in batches; alterColumn with method: shadowTable does both.',
        cost: { table: from, work: 'rewrite', online: 'copy' },
      };
    }
  },
};

function copyingQuery(node: SqlNode): SqlNode | undefined {
  const create = treeOf(node, 'CreateTableAsStmt');
  // WITH NO DATA copies nothing; a materialised view is not meant to keep up.
  if (create !== undefined) {
    return create.objtype === 'OBJECT_TABLE' && create.into?.skipData !== true ? create.query : undefined;
  }
  const select = treeOf(node, 'SelectStmt');
  if (select?.intoClause !== undefined) {
    const { intoClause: _, ...query } = select;
    return { SelectStmt: query };
  }
  const insert = treeOf(node, 'InsertStmt')?.selectStmt;
  return treeOf(insert, 'SelectStmt')?.fromClause === undefined ? undefined : insert;
}
