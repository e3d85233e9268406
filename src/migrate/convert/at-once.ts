/** An operation whose end comes in a later phase, as SQL that is through with it in the first. */
import type { NamedIn } from '../../model/schema/schema-step.ts';
import type { Operation } from '../../model/documents.ts';
import { constraintText } from '../sql/constraint.ts';
import { identifier, qualified, tableName } from '../sql/quote.ts';
import type { RawSql } from './draft.ts';

/** `isOwn`: of a table that the script makes, and that goes when the migration is undone. */
export function atOnce(operation: Operation, isOwn: boolean): RawSql {
  const sql = sqlOf(operation);
  if (!isOwn || sql.irreversible === undefined || operation.dropTable !== undefined) return sql;
  const { irreversible: _, ...kept } = sql;
  return { ...kept, down: `SELECT 'dropped with its table'` };
}

function sqlOf(operation: Operation): RawSql {
  const { renameTable, renameColumn, dropTable, dropColumn, dropIndex, dropConstraint } = operation;
  const { addConstraint, alterColumn, rawSql } = operation;
  if (renameTable !== undefined) {
    const [from, to] = [tableName(renameTable.from), tableName(renameTable.to)];
    return { up: move(from, to), down: move(to, from) };
  }
  if (renameColumn !== undefined) {
    const { table, from, to } = renameColumn;
    const rename = (a: string, b: string): string =>
      `${alter(table)} RENAME COLUMN ${identifier(a)} TO ${identifier(b)}`;
    return { up: rename(from, to), down: rename(to, from) };
  }
  if (dropTable !== undefined) {
    return { up: `DROP TABLE ${qualified(tableName(dropTable.table))}`, irreversible: 'The rows are gone.' };
  }
  if (dropColumn !== undefined) {
    const { table, column } = dropColumn;
    const irreversible = 'The column and its values are gone.';
    return { up: `${alter(table)} DROP COLUMN ${identifier(column)}`, irreversible };
  }
  if (dropIndex !== undefined) {
    const { schema } = tableName(dropIndex.table);
    const up = `DROP INDEX ${qualified({ schema, name: dropIndex.name })}`;
    return { up, irreversible: 'What is dropped is not in the script.' };
  }
  if (dropConstraint !== undefined) {
    const up = `${alter(dropConstraint.table)} DROP CONSTRAINT ${identifier(dropConstraint.name)}`;
    return { up, irreversible: 'What the constraint said is not in the script.' };
  }
  if (addConstraint !== undefined) {
    const { table, name, validate } = addConstraint;
    const end = validate === false ? ' NOT VALID' : '';
    return {
      up: `${alter(table)} ADD CONSTRAINT ${identifier(name)} ${constraintText(addConstraint, tableName)}${end}`,
      down: `${alter(table)} DROP CONSTRAINT ${identifier(name)}`,
    };
  }
  if (alterColumn !== undefined) {
    const { table, column, type = '', using } = alterColumn;
    const change = `ALTER COLUMN ${identifier(column)} TYPE ${type}${using === undefined ? '' : ` USING ${using}`}`;
    return { up: `${alter(table)} ${change}`, irreversible: 'The type from before is not in the script.' };
  }
  return { ...rawSql!, phase: 'expand' };
}

/** One of the two: of a script it is RENAME or SET SCHEMA. */
function move(from: NamedIn, to: NamedIn): string {
  const change = from.schema === to.schema ? `RENAME TO ${identifier(to.name)}` : `SET SCHEMA ${identifier(to.schema)}`;
  return `ALTER TABLE ${qualified(from)} ${change}`;
}

function alter(table: string): string {
  return `ALTER TABLE ${qualified(tableName(table))}`;
}
