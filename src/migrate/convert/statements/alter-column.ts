/** ADD, DROP and ALTER COLUMN. */
import type { Operation } from '../../../model/documents.ts';
import { convertColumn, defaultOf, type ConvertedColumn } from '../column.ts';
import { leftOut, partNotKept, raw, type Draft, type World } from '../draft.ts';
import { cut, findWord, located, textOf } from '../piece.ts';
import { rawCommand, withTable, type Command } from './command.ts';
import { constraintDraft } from './alter-constraint.ts';

export function addColumn(command: Command, world: World): readonly Draft[] {
  const { cmd, unit, table, written } = command;
  const { known } = world;
  if (cmd.def === undefined || !('ColumnDef' in cmd.def)) return [rawCommand(command, 'it has no column', world)];
  const def = cmd.def.ColumnDef;
  const name = def.colname ?? '';
  if (cmd.missing_ok === true && known.hasColumn(table, name)) {
    world.note(leftOut(unit, `Column ${name} is there already, so the command does nothing.`, 'Remove it.'));
    return [];
  }
  const made = convertColumn(def, cut(unit.piece, located(unit.piece, def.location)), table, known);
  const why = whyNotAdded(made);
  if (why !== undefined) {
    for (const one of made.constraints)
      known.addConstraint(table, one.kind === 'document' ? one.constraint.name : one.name, null);
    known.table(table)?.columns.set(name, null);
    return [rawCommand(command, why, world)];
  }
  if (cmd.missing_ok === true) {
    const fix = 'Remove the column from the script where a database may have it already.';
    world.note(
      partNotKept(unit, 'IF NOT EXISTS is not kept: the migration is refused where the column is there.', fix),
    );
  }
  if (made.namedNotNull !== undefined) {
    const summary = `The name ${made.namedNotNull} of NOT NULL is not kept: column ${name} is only nullable or not.`;
    world.note(partNotKept(unit, summary, 'Remove the name.'));
  }
  known.addColumn(table, made.column);
  const added: Draft = { unit, operation: { addColumn: { table: written, column: made.column } } };
  return [added, ...made.constraints.map((one) => constraintDraft(command, one, world))];
}

function whyNotAdded({ obstacle, identity, isSerial, constraints }: ConvertedColumn): string | undefined {
  if (obstacle !== undefined) return obstacle;
  if (identity !== null) return 'a column of a document has no identity';
  if (isSerial) return 'a column of a document gets no sequence of its own when it is added';
  return constraints.some(({ kind }) => kind === 'primaryKey')
    ? 'an added column of a document is no primary key'
    : undefined;
}

export function dropColumn(command: Command, world: World): readonly Draft[] {
  const { cmd, unit, table, written, sql } = command;
  const column = cmd.name ?? '';
  const isGuarded = cmd.missing_ok === true && !world.known.hasColumn(table, column);
  const isCascading = cmd.behavior === 'DROP_CASCADE';
  world.known.dropColumn(table, column);
  if (!isGuarded && !isCascading) return [{ unit, operation: { dropColumn: { table: written, column } } }];
  const why = isCascading ? 'an operation has no CASCADE' : 'an operation has no IF EXISTS';
  const undo = withTable(table, { irreversible: 'The column and its values are gone.' }, world);
  const draft = raw(unit, sql, why, undo, { phase: 'contract' });
  return [{ ...draft, drops: [column] }];
}

export function alterColumnOf(command: Command, world: World): readonly Draft[] {
  const { cmd, unit, written } = command;
  const base = { table: written, column: cmd.name ?? '' };
  const change = (more: Partial<NonNullable<Operation['alterColumn']>>): Draft[] => [
    { unit, operation: { alterColumn: { ...base, ...more } } },
  ];
  switch (cmd.subtype) {
    case 'AT_DropNotNull':
      return change({ nullable: true });
    case 'AT_SetNotNull':
      return change({ nullable: false });
    case 'AT_ColumnDefault': {
      if (cmd.def === undefined) return change({ dropDefault: true });
      const word = findWord(unit.piece, 'default') ?? unit.piece.first;
      return change(defaultOf(cmd.def, textOf(cut(unit.piece, word + 1)), undefined));
    }
    default:
      return alterType(command, world, change);
  }
}

function alterType(
  command: Command,
  world: World,
  change: (more: Partial<NonNullable<Operation['alterColumn']>>) => Draft[],
): readonly Draft[] {
  const { cmd, unit } = command;
  const def = cmd.def !== undefined && 'ColumnDef' in cmd.def ? cmd.def.ColumnDef : undefined;
  const down = { irreversible: 'The type from before is not in the script.' };
  if (def?.typeName === undefined) return [rawCommand(command, 'it has no type', world, down)];
  if (def.collClause !== undefined)
    return [rawCommand(command, 'a column of a document has no collation', world, down)];
  const from = located(unit.piece, def.typeName.location);
  const using = def.raw_default === undefined ? undefined : findWord(unit.piece, 'using', from);
  const type = textOf(cut(unit.piece, from, using));
  return change({ type, ...(using === undefined ? {} : { using: textOf(cut(unit.piece, using + 1)) }) });
}
