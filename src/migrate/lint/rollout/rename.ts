import { namedIn, namesOf, relationOf } from '../../convert/tree.ts';
import type { Operation } from '../../../model/documents.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import { asOperation } from '../as-operation.ts';
import { readersOf } from '../readers.ts';
import type { LintRule, LintWorld } from '../rule.ts';
import { sameTable, writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

/** After a plain rename the releases that run ask for a name that is gone. */
export const rename: LintRule = {
  code: 'THM7224',
  name: 'rename',
  severity: 'warning',
  *check(world) {
    for (const { node, operation } of world.statements) {
      const schema = treeOf(node, 'RenameStmt');
      if (schema?.renameType === 'OBJECT_SCHEMA') {
        yield {
          operation,
          severity: 'error',
          summary: `Schema ${schema.subname ?? ''} is gone under its old name at once, with everything in it.`,
          fix: 'Move its tables one by one with renameTable: both names work until grace has passed.',
        };
      }
      const value = treeOf(node, 'AlterEnumStmt');
      if (value?.oldVal !== undefined && !makesType(world, node)) {
        const type = writtenName(namedIn(namesOf(value.typeName)));
        yield {
          operation,
          summary: `Value ${value.oldVal} of ${type} is gone under its old name at once, while nodes of the running release still write it and compare with it.`,
          fix: `Write ${asOperation({ addEnumValue: { type, value: value.newVal ?? '' } })}, and fill it in with a backfill once every node has a release that knows both.`,
        };
      }
      const found = renamed(node);
      if (found === undefined || world.isNew(found.table, operation)) continue;
      const { table, column, safe } = found;
      const readers = readersOf(world, 'running', table, column);
      const name = column === undefined ? writtenName(table) : `${writtenName(table)}.${column}`;
      yield {
        operation,
        severity: readers.length > 0 ? 'error' : 'warning',
        summary: `${name} is gone under its old name at once, while nodes of the running release still use it.`,
        fix: `Write ${asOperation(safe)}: both names work until grace has passed.`,
        details: readers.map((probe) => `Probe ${probe} of the running release reads it.`),
      };
    }
  },
};

/** The type of a value is one that this migration makes. */
function makesType({ statements }: LintWorld, node: SqlNode): boolean {
  const own = namedIn(namesOf(treeOf(node, 'AlterEnumStmt')?.typeName));
  return statements.some((other) => {
    const made = treeOf(other.node, 'CreateEnumStmt');
    return made !== undefined && sameTable(namedIn(namesOf(made.typeName)), own);
  });
}

function renamed(
  node: SqlNode,
): { readonly table: NamedIn; readonly column: string | undefined; readonly safe: Operation } | undefined {
  const moved = treeOf(node, 'AlterObjectSchemaStmt');
  if (moved?.relation !== undefined) {
    const table = relationOf(moved.relation);
    const to = writtenName({ schema: moved.newschema ?? '', name: table.name });
    return { table, column: undefined, safe: { renameTable: { from: writtenName(table), to, gracePeriod: '7d' } } };
  }
  const statement = treeOf(node, 'RenameStmt');
  const table = relationOf(statement?.relation);
  const to = statement?.newname ?? '';
  if (statement?.renameType === 'OBJECT_COLUMN') {
    const column = statement.subname ?? '';
    const params = { table: writtenName(table), from: column, to, gracePeriod: '7d' };
    return { table, column, safe: { renameColumn: params } };
  }
  const tables = ['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW'];
  if (!tables.includes(statement?.renameType ?? '')) return undefined;
  const params = { from: writtenName(table), to: writtenName({ ...table, name: to }), gracePeriod: '7d' };
  return { table, column: undefined, safe: { renameTable: params } };
}
