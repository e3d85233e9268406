/** ALTER TABLE: its commands one by one, in the order in which PostgreSQL carries them out. */
import type { AlterTableCmd, AlterTableStmt } from 'libpg-query';
import { raw, type Draft, type Undo, type Unit, type World } from '../draft.ts';
import { undoWithObjects } from '../own-object.ts';
import { cut, located, markAt, splitCommas, textOf, verbatim, type Piece } from '../piece.ts';
import { documentTable, noRoomForName, relationOf, writtenRelation } from '../tree.ts';
import { addColumn, alterColumnOf, dropColumn } from './alter-column.ts';
import { addConstraint, dropConstraint, validateConstraint } from './alter-constraint.ts';
import { rawCommand, unknownBefore, type Command } from './command.ts';

export function alterTable(stmt: AlterTableStmt, unit: Unit, world: World): readonly Draft[] {
  const table = relationOf(stmt.relation);
  const written = documentTable(table);
  const isOwn = world.known.table(table) !== undefined;
  if (stmt.objtype !== 'OBJECT_TABLE') return [kept(unit, 'there is no operation for it', otherUndo(stmt, world))];
  if (stmt.missing_ok === true && !isOwn) return [kept(unit, 'an operation has no IF EXISTS', unknownBefore)];
  const cmds = (stmt.cmds ?? []).flatMap((node) => ('AlterTableCmd' in node ? [node.AlterTableCmd] : []));
  const pieces = splitCommas(afterName(stmt, unit.piece));
  if (pieces.length !== cmds.length) return [kept(unit, 'its commands are not told apart', unknownBefore)];
  // ONLY leaves out what inherits from the table: of one that the script makes that is known.
  const isOnly = stmt.relation?.inh !== true && (!isOwn || world.known.isParent(table));
  const target = `${isOnly ? 'ONLY ' : ''}${writtenRelation(stmt.relation)}`;
  const commands = cmds.map((cmd, index) => {
    const piece = pieces[index]!;
    const sql = cmds.length === 1 ? verbatim(unit.piece) : `ALTER TABLE ${target} ${textOf(piece)}`;
    return { cmd, unit: { ...unit, piece, table, isOwn }, table, written: written ?? '', sql };
  });
  return commands
    .toSorted((a, b) => passOf(a.cmd) - passOf(b.cmd))
    .flatMap((command) => {
      if (written === undefined) return [rawCommand(command, noRoomForName, world)];
      if (isOnly) return [rawCommand(command, 'an operation has no ONLY', world)];
      return convertCommand(command, world);
    });
}

/** Of a sequence, a view or an index. What is attached to an index stands in the way of both when they are dropped. */
function otherUndo({ objtype, relation, cmds = [] }: AlterTableStmt, world: World): Undo {
  const isAttached = cmds.some(
    (node) => 'AlterTableCmd' in node && node.AlterTableCmd.subtype === 'AT_AttachPartition',
  );
  if (relation === undefined || isAttached) return unknownBefore;
  return undoWithObjects(objtype, [{ RangeVar: relation }], unknownBefore, world);
}

function kept(unit: Unit, why: string, undo: Undo): Draft {
  return raw(unit, verbatim(unit.piece), why, undo);
}

/** Its commands: what follows `ALTER TABLE [IF EXISTS] [ONLY] name [*]`. */
function afterName(stmt: AlterTableStmt, piece: Piece): Piece {
  let at = located(piece, stmt.relation?.location) + 1;
  while (markAt(piece, at) === '.') at += 2;
  while (markAt(piece, at) === '*' || markAt(piece, at) === ')') at += 1;
  return cut(piece, at);
}

function convertCommand(command: Command, world: World): readonly Draft[] {
  switch (command.cmd.subtype) {
    case 'AT_AddColumn':
      return addColumn(command, world);
    case 'AT_DropColumn':
      return dropColumn(command, world);
    case 'AT_ColumnDefault':
    case 'AT_DropNotNull':
    case 'AT_SetNotNull':
    case 'AT_AlterColumnType':
      return alterColumnOf(command, world);
    case 'AT_AddConstraint':
      return addConstraint(command, world);
    case 'AT_DropConstraint':
      return dropConstraint(command, world);
    case 'AT_ValidateConstraint':
      return validateConstraint(command, world);
    default: {
      const { subtype, def } = command.cmd;
      if (subtype === 'AT_AddInherit' && def !== undefined && 'RangeVar' in def)
        world.known.addParent(relationOf(def.RangeVar));
      return [rawCommand(command, 'there is no operation for it', world)];
    }
  }
}

/** AlterTablePass: drops come first, then types, columns, attributes, constraints. */
function passOf({ subtype, def }: AlterTableCmd): number {
  switch (subtype) {
    case 'AT_DropColumn':
    case 'AT_DropConstraint':
    case 'AT_DropNotNull':
    case 'AT_DropIdentity':
    case 'AT_DropExpression':
      return 0;
    case 'AT_ColumnDefault':
      return def === undefined ? 0 : 8;
    case 'AT_AlterColumnType':
      return 1;
    case 'AT_AddColumn':
      return 2;
    case 'AT_SetExpression':
      return 3;
    case 'AT_SetNotNull':
      return 4;
    case 'AT_AddIndexConstraint':
      return 6;
    case 'AT_AddIdentity':
    case 'AT_SetIdentity':
      return 8;
    case 'AT_AddConstraint':
      return def !== undefined && 'Constraint' in def && isIndexed(def.Constraint.contype) ? 7 : 8;
    default:
      return 9;
  }
}

function isIndexed(contype: string | undefined): boolean {
  return contype === 'CONSTR_UNIQUE' || contype === 'CONSTR_PRIMARY';
}
