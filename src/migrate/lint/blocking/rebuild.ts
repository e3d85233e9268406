import { relationOf } from '../../convert/tree.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import type { LintRule } from '../rule.ts';
import { writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

/** REINDEX and REFRESH keep out those who use what they build, for as long as they build. */
export const rebuild: LintRule = {
  code: 'THM7227',
  name: 'rebuild',
  severity: 'error',
  concerns: 'others',
  *check({ statements, isNew }) {
    for (const { node, operation } of statements) {
      const found = rebuilt(node);
      if (found === undefined || isNew(found.table, operation)) continue;
      const { what, needs, table } = found;
      yield {
        operation,
        summary: `${what} without CONCURRENTLY keeps out those who use ${writtenName(table)} until it is done.`,
        fix: `Write ${what} CONCURRENTLY in an operation of its own with transactional: false${needs}.`,
        cost: { table, work: 'buildIndex', blocks: 'writers' },
      };
    }
  },
};

function rebuilt(
  node: SqlNode,
): { readonly what: string; readonly needs: string; readonly table: NamedIn } | undefined {
  const reindex = treeOf(node, 'ReindexStmt');
  if (reindex !== undefined) {
    const options = (reindex.params ?? []).map((one) => treeOf(one, 'DefElem')?.defname);
    if (options.includes('concurrently')) return undefined;
    const table = reindex.relation === undefined ? { schema: 'public', name: reindex.name ?? '' } : undefined;
    return { what: 'REINDEX', needs: '', table: table ?? relationOf(reindex.relation) };
  }
  const refresh = treeOf(node, 'RefreshMatViewStmt');
  if (refresh === undefined || refresh.concurrent === true || refresh.skipData === true) return undefined;
  const needs = '; the view needs a unique index';
  return { what: 'REFRESH MATERIALIZED VIEW', needs, table: relationOf(refresh.relation) };
}
