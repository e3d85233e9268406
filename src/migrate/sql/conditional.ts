/** Statements that depend on what is there, for undos that may meet a half of what they take back. */
import type { NamedIn } from '../../model/schema/schema-step.ts';
import { identifier, literal, qualified } from './quote.ts';

/** A block of PL/pgSQL, with a tag that its text does not hold. A column may be called like a variable: `found`. */
export function block(text: string): string {
  let tag = '$themis$';
  for (let number = 1; text.includes(tag); number += 1) tag = `$themis${number}$`;
  return `DO ${tag} #variable_conflict use_column\n${text} ${tag}`;
}

function hasConstraint(table: NamedIn, name: string): string {
  const place = `conrelid = ${literal(qualified(table))}::regclass`;
  return `EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE ${place} AND conname = ${literal(name)})`;
}

export function ifConstraint(table: NamedIn, name: string, statement: string): string {
  return block(`BEGIN IF ${hasConstraint(table, name)} THEN ${statement}; END IF; END`);
}

export function unlessConstraint(table: NamedIn, name: string, statement: string): string {
  return block(`BEGIN IF NOT ${hasConstraint(table, name)} THEN ${statement}; END IF; END`);
}

/** Fails like a row that contradicts a constraint where one has NULL: reads the table, keeps out nobody. */
export function refuseNulls(table: NamedIn, column: string): string {
  const message = `column ${identifier(column)} of ${qualified(table)} has rows with NULL`;
  const found = `EXISTS (SELECT FROM ${qualified(table)} WHERE ${identifier(column)} IS NULL)`;
  const raise = `RAISE not_null_violation USING MESSAGE = ${literal(message)}`;
  return block(`BEGIN IF ${found} THEN ${raise}; END IF; END`);
}
