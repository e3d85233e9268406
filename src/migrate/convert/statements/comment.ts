/** COMMENT ON. It belongs to the table or the column that the script makes; of anything else it is kept as it is. */
import type { CommentStmt } from 'libpg-query';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { raw, type Draft, type Undo, type Unit, type World } from '../draft.ts';
import { verbatim } from '../piece.ts';
import { undoWithObjects } from '../own-object.ts';
import { namedIn, objectNames } from '../tree.ts';
import { withTable } from './command.ts';

export function comment(stmt: CommentStmt, unit: Unit, world: World): readonly Draft[] {
  const names = objectNames(stmt.object);
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

function undoOf(stmt: CommentStmt, names: readonly string[], before: { irreversible: string }, world: World): Undo {
  const { objtype = '', object } = stmt;
  const onTable = ['OBJECT_TABCONSTRAINT', 'OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE'].includes(objtype);
  if (onTable) return withTable(ownerOf(names), before, world);
  return undoWithObjects(objtype, object === undefined ? [] : [object], before, world);
}

function ownerOf(names: readonly string[]): NamedIn {
  return namedIn(names.slice(0, -1));
}
