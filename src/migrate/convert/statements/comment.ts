/** COMMENT ON. It belongs to the table or the column that the script makes; of anything else it is kept as it is. */
import type { CommentStmt } from 'libpg-query';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { raw, type Draft, type Unit, type World } from '../draft.ts';
import { verbatim } from '../piece.ts';
import { fieldsOf, namedIn, namesOf } from '../tree.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import { withTable } from './command.ts';

export function comment(stmt: CommentStmt, unit: Unit, world: World): readonly Draft[] {
  const names = namesIn(stmt.object);
  const text = stmt.comment ?? '';
  const isColumn = stmt.objtype === 'OBJECT_COLUMN';
  const table = namedIn(isColumn ? names.slice(0, -1) : names);
  if (isColumn || stmt.objtype === 'OBJECT_TABLE') {
    const made = isColumn
      ? world.known.column(table, names.at(-1) ?? '')
      : (world.known.table(table)?.created ?? undefined);
    if (made !== undefined) {
      // NULL takes a comment away, and so does an empty one.
      if (text === '') delete made.comment;
      else made.comment = text;
      return [];
    }
  }
  const before = { irreversible: 'The comment from before is not in the script.' };
  const why = 'there is no operation for comments, and what it is about is not made by one in this script';
  const undo =
    isColumn || stmt.objtype === 'OBJECT_TABLE' ? withTable(table, before, world) : undoOf(stmt, names, before, world);
  return [raw({ ...unit, table }, verbatim(unit.piece), why, undo)];
}

const kinds: Readonly<Record<string, string>> = {
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'view',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'type',
  OBJECT_FUNCTION: 'function',
  OBJECT_SCHEMA: 'schema',
};

/** What the script makes is dropped together with its comment. */
function undoOf(stmt: CommentStmt, names: readonly string[], before: { irreversible: string }, world: World) {
  const { known } = world;
  const gone = { down: `SELECT 'dropped with its comment'` };
  const kind = kinds[stmt.objtype ?? ''];
  if (kind !== undefined && known.hasObject(kind, namedIn(names))) return gone;
  if (stmt.objtype === 'OBJECT_INDEX' && known.index(namedIn(names)) !== undefined) return gone;
  const onTable = ['OBJECT_TABCONSTRAINT', 'OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE'].includes(
    stmt.objtype ?? '',
  );
  return onTable ? withTable(ownerOf(names), before, world) : before;
}

function ownerOf(names: readonly string[]): NamedIn {
  return namedIn(names.slice(0, -1));
}

function namesIn(node: SqlNode | undefined): string[] {
  if (node === undefined) return [];
  const { kind, fields } = fieldsOf(node);
  const key = { List: 'items', TypeName: 'names', ObjectWithArgs: 'objname' }[kind];
  if (key !== undefined) return namesOf(fields[key] as SqlNode[] | undefined);
  return kind === 'String' ? [(fields['sval'] as string | undefined) ?? ''] : [];
}
