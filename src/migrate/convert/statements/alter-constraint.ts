/** ADD, DROP and VALIDATE CONSTRAINT. */
import type { Operation } from '../../../model/documents.ts';
import { convertConstraint, type ConvertedConstraint } from '../constraint.ts';
import { raw, type Draft, type Undo, type World } from '../draft.ts';
import { cut, located } from '../piece.ts';
import { identifier, qualified } from '../../sql/quote.ts';
import { rawCommand, withTable, type Command } from './command.ts';

export function addConstraint(command: Command, world: World): readonly Draft[] {
  const { cmd, unit, table } = command;
  const node = cmd.def !== undefined && 'Constraint' in cmd.def ? cmd.def.Constraint : undefined;
  if (node === undefined) return [rawCommand(command, 'it has no constraint', world)];
  const piece = cut(unit.piece, located(unit.piece, node.location));
  if (node.contype === 'CONSTR_NOTNULL' && isPlainNotNull(node)) {
    const column = node.keys?.flatMap((key) => ('String' in key ? [key.String.sval ?? ''] : []))[0] ?? '';
    return [{ unit, operation: { alterColumn: { table: command.written, column, nullable: false } } }];
  }
  const made = convertConstraint({ node, piece, table, column: null, attributes: [] }, world.known);
  return [constraintDraft(command, made, world)];
}

function isPlainNotNull(node: { conname?: string; is_no_inherit?: boolean; skip_validation?: boolean }): boolean {
  return node.conname === undefined && node.is_no_inherit !== true && node.skip_validation !== true;
}

/** Of a constraint that comes by itself, or with a column that is added. */
export function constraintDraft(command: Command, made: ConvertedConstraint, world: World): Draft {
  const { unit, table, written } = command;
  if (made.kind === 'document') {
    const constraint: NonNullable<Operation['addConstraint']> = {
      table: written,
      ...made.constraint,
      ...(made.validate ? {} : { validate: false }),
    };
    world.known.addConstraint(table, made.constraint.name, constraint);
    return { unit, operation: { addConstraint: constraint } };
  }
  world.known.addConstraint(table, made.name, null);
  const why = made.kind === 'other' ? made.why : 'there is no operation that adds a primary key';
  const up = `ALTER TABLE ${qualified(table)} ADD ${made.sql}`;
  return raw(unit, up, why, undoOf(command, made, world));
}

function undoOf(command: Command, made: Exclude<ConvertedConstraint, { kind: 'document' }>, world: World): Undo {
  const { table, cmd } = command;
  const node = cmd.def !== undefined && 'Constraint' in cmd.def ? cmd.def.Constraint : undefined;
  if (made.name === '') return withTable(table, { irreversible: 'Its name is not in the script.' }, world);
  if (node?.indexname !== undefined) {
    return withTable(table, { irreversible: 'The index that it took over would be dropped with it.' }, world);
  }
  if (made.kind === 'primaryKey') {
    return withTable(table, { irreversible: 'Whether its columns were NOT NULL before is not in the script.' }, world);
  }
  return { down: `ALTER TABLE ${qualified(table)} DROP CONSTRAINT ${identifier(made.name)}` };
}

export function dropConstraint(command: Command, world: World): readonly Draft[] {
  const { cmd, unit, table, written, sql } = command;
  const name = cmd.name ?? '';
  const isKnown = world.known.hasConstraint(table, name);
  world.known.dropConstraint(table, name);
  let why: string | undefined;
  if (cmd.behavior === 'DROP_CASCADE') why = 'an operation has no CASCADE';
  else if (cmd.missing_ok === true && !isKnown) why = 'an operation has no IF EXISTS';
  // PostgreSQL 18 keeps these as constraints, an operation does not.
  else if (!isKnown && name.endsWith('_not_null')) why = 'it may be a NOT NULL, which is no constraint of a document';
  if (why === undefined) return [{ unit, operation: { dropConstraint: { table: written, name } } }];
  const undo = withTable(table, { irreversible: 'What the constraint said is not in the script.' }, world);
  return [{ ...raw(unit, sql, why, undo, { phase: 'contract' }), drops: [name] }];
}

/** A constraint that the script adds is validated by its own operation. */
export function validateConstraint(command: Command, world: World): readonly Draft[] {
  const { cmd, table, unit, sql } = command;
  const known = world.known.constraint(table, cmd.name ?? '');
  if (known !== undefined) {
    delete known.validate;
    return [];
  }
  const undo = withTable(table, { irreversible: 'It cannot be made unvalidated again without its definition.' }, world);
  return [raw(unit, sql, 'there is no operation that validates a constraint by itself', undo, { phase: 'migrate' })];
}
