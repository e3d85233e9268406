import { relationOf } from '../../convert/tree.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { LintRule, LintWorld } from '../rule.ts';
import { writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

const commands: Readonly<Record<string, string>> = {
  AT_SetTableSpace: 'SET TABLESPACE',
  AT_SetLogged: 'SET LOGGED',
  AT_SetUnLogged: 'SET UNLOGGED',
  AT_SetAccessMethod: 'SET ACCESS METHOD',
};

/** Statements whose purpose is to write a table anew: it is locked for as long as that takes. */
export const rewriteTable: LintRule = {
  code: 'THM7213',
  name: 'rewrite-table',
  severity: 'error',
  concerns: 'others',
  *check(world) {
    for (const { operation, what, table } of rewritten(world)) {
      if (table !== undefined && world.isNew(table, operation)) continue;
      const name = table === undefined ? 'every table' : writtenName(table);
      yield {
        operation,
        summary: `${what} writes ${name} anew while nobody can use it.`,
        fix: 'Leave it out of the migration, and run pg_repack or pg_squeeze beside the rollout, or copy into a new table.',
        ...(table === undefined
          ? {}
          : { cost: { table, work: 'rewrite', blocks: 'everybody', online: 'copy' } as const }),
      };
    }
  },
};

function* rewritten({
  statements,
  alters,
}: LintWorld): Generator<{ readonly operation: number; readonly what: string; readonly table: NamedIn | undefined }> {
  for (const { command, table, statement } of alters) {
    const what = commands[command.subtype ?? ''];
    if (what !== undefined) yield { operation: statement.operation, what, table };
  }
  for (const { node, operation } of statements) {
    const cluster = treeOf(node, 'ClusterStmt');
    if (cluster !== undefined) {
      const table = cluster.relation === undefined ? undefined : relationOf(cluster.relation);
      yield { operation, what: 'CLUSTER', table };
    }
    const vacuum = treeOf(node, 'VacuumStmt');
    const options = (vacuum?.options ?? []).map((option) => treeOf(option, 'DefElem')?.defname);
    if (vacuum === undefined || !options.includes('full')) continue;
    const tables = (vacuum.rels ?? []).map((rel) => relationOf(treeOf(rel, 'VacuumRelation')?.relation));
    for (const table of tables.length === 0 ? [undefined] : tables) yield { operation, what: 'VACUUM FULL', table };
  }
}
