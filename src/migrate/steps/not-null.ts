/**
 * NOT NULL without keeping anybody out for as long as the table is large: a check that is not valid yet, a scan that
 * keeps out nobody, and a NOT NULL that PostgreSQL then believes without looking. `purpose` names the check; an operation
 * that treats several columns gives each its own.
 */
import type { NamedIn } from '../../model/schema/schema-step.ts';
import type { OperationWorld, StepDraft } from '../operation.ts';
import { ifConstraint, refuseNulls } from '../sql/conditional.ts';
import { identifier, qualified } from '../sql/quote.ts';
import { inTransaction, nothing, scan, scanning, statements, undoing } from './steps.ts';

/** The column has to be free of NULL by then, and whoever writes has to leave it so: triggers or a default see to it. */
export function notNullSteps(
  table: NamedIn,
  column: string,
  world: OperationWorld,
  purpose = 'not_null',
): readonly StepDraft[] {
  const sql = sentences(table, column, world.hidden(purpose));
  return [
    statements([sql.addCheck], {
      key: `${purpose}-check`,
      title: `refuses NULL in ${column} of new rows`,
      undo: inTransaction(sql.dropCheck),
      lock: 'everybody',
    }),
    scan([sql.validate], {
      key: `${purpose}-validate`,
      title: `looks for NULL in ${column}`,
      undo: nothing,
      lock: 'schema',
    }),
    statements([sql.setNotNull, sql.dropCheck], {
      key: `${purpose}-set`,
      title: `makes ${column} NOT NULL`,
      undo: inTransaction(sql.dropNotNull),
      lock: 'everybody',
    }),
  ];
}

/** The way back is the way of `notNullSteps`; where rows with NULL came meanwhile it fails before it changes anything. */
export function nullableSteps(
  table: NamedIn,
  column: string,
  world: OperationWorld,
  purpose = 'nullable',
): readonly StepDraft[] {
  const name = world.hidden(purpose);
  const sql = sentences(table, column, name);
  return [
    undoing(`${purpose}-set-back`, `keeps how ${column} becomes NOT NULL again`, {
      kind: 'statements',
      statements: [sql.setNotNull, sql.dropCheck],
    }),
    undoing(
      `${purpose}-validate-back`,
      `keeps how NULL in ${column} is looked for`,
      scanning(ifConstraint(table, name, sql.validate)),
    ),
    statements([sql.dropNotNull], {
      key: purpose,
      title: `lets ${column} be NULL`,
      undo: inTransaction(sql.addCheck),
      lock: 'everybody',
    }),
    undoing(
      `${purpose}-look-back`,
      `keeps what refuses to go back over rows with NULL in ${column}`,
      scanning(refuseNulls(table, column)),
    ),
  ];
}

function sentences(table: NamedIn, column: string, check: string) {
  const alter = `ALTER TABLE ${qualified(table)}`;
  const name = identifier(check);
  return {
    addCheck: `${alter} ADD CONSTRAINT ${name} CHECK (${identifier(column)} IS NOT NULL) NOT VALID`,
    validate: `${alter} VALIDATE CONSTRAINT ${name}`,
    setNotNull: `${alter} ALTER COLUMN ${identifier(column)} SET NOT NULL`,
    dropNotNull: `${alter} ALTER COLUMN ${identifier(column)} DROP NOT NULL`,
    dropCheck: `${alter} DROP CONSTRAINT IF EXISTS ${name}`,
  };
}
