/** A command of ALTER TABLE that is kept as it is, with what takes it back where that is certain. */
import type { AlterTableCmd } from 'libpg-query';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { identifier, literal, qualified } from '../../sql/quote.ts';
import { raw, type Draft, type Undo, type Unit, type World } from '../draft.ts';
import { isWord } from '../piece.ts';

/** One command of an ALTER TABLE on a table that a document can name. */
export interface Command {
  readonly cmd: AlterTableCmd;
  readonly unit: Unit;
  readonly table: NamedIn;
  /** As a document writes it. */
  readonly written: string;
  /** The command as a statement of its own. */
  readonly sql: string;
}

export const unknownBefore: Undo = { irreversible: 'How it was before is not in the script.' };

/** A command as it is. What stands in a table that the script makes goes with it. */
export function rawCommand(command: Command, why: string, world: World, undo: Undo = undoOf(command)): Draft {
  return raw(command.unit, command.sql, why, withTable(command.table, undo, world));
}

/** When the migration is undone, the table is dropped later on: nothing has to be taken back before. */
export function withTable(table: NamedIn, undo: Undo, { known }: World): Undo {
  return 'irreversible' in undo && known.table(table) !== undefined
    ? { down: `SELECT ${literal(`${table.name} is dropped with what is in it`)}` }
    : undo;
}

function undoOf({ cmd, table, unit }: Command): Undo {
  const target = `ALTER TABLE ${qualified(table)}`;
  switch (cmd.subtype) {
    case 'AT_AddColumn': {
      const name = cmd.def !== undefined && 'ColumnDef' in cmd.def ? (cmd.def.ColumnDef.colname ?? '') : '';
      return cmd.missing_ok === true ? unknownBefore : { down: `${target} DROP COLUMN ${identifier(name)}` };
    }
    case 'AT_AddIdentity':
      return { down: `${target} ALTER COLUMN ${identifier(cmd.name ?? '')} DROP IDENTITY` };
    case 'AT_DropColumn':
    case 'AT_DropConstraint':
      return { irreversible: 'What is dropped is not in the script.' };
    default:
      return isWord(unit.piece, unit.piece.first, 'add')
        ? { irreversible: 'Its name is not in the script.' }
        : unknownBefore;
  }
}
