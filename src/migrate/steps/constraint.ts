/** A check or foreign key in two steps: for what is written from now on, at once; for what is there, by a scan. */
import type { CatalogTable } from '../../model/schema/catalog.ts';
import type { LockLevel, NamedIn } from '../../model/schema/schema-step.ts';
import type { StepDraft } from '../operation.ts';
import { identifier, literal, qualified } from '../sql/quote.ts';
import { inTransaction, nothing, scan, statements } from './steps.ts';

export function newRowsStep(table: NamedIn, name: string, text: string, lock: LockLevel): StepDraft {
  return statements([addingForNew(table, name, text)], {
    key: 'constraint',
    title: `checks ${name} for new rows`,
    undo: inTransaction(dropping(table, name)),
    lock,
  });
}

function oldRowsStep(table: NamedIn, name: string, undo: StepDraft['undo'] = nothing): StepDraft {
  return scan([validating(table, name)], {
    key: 'validate',
    title: `checks ${name} for the rows that are there`,
    undo,
    lock: 'schema',
  });
}

/** In a phase of its own: when that is taken back, what the one before it made has to stand as it stood. */
export function oldRowsLaterStep(table: CatalogTable, name: string): StepDraft {
  const made = table.constraints.find((one) => one.name === name);
  if (made === undefined || made.validated) return oldRowsStep(table, name);
  const { definition, comment } = made;
  const said = comment === null ? [] : [commenting(table, name, comment)];
  return oldRowsStep(table, name, inTransaction(dropping(table, name), addingForNew(table, name, definition), ...said));
}

/** A check of a column or table. */
export function checkSteps(table: NamedIn, name: string, text: string): readonly StepDraft[] {
  return [newRowsStep(table, name, text, 'everybody'), oldRowsStep(table, name)];
}

/** For what is written from now on: nobody looks at the rows that are there. */
export function addingForNew(table: NamedIn, name: string, text: string): string {
  return `${adding(table, name, text)} NOT VALID`;
}

export function adding(table: NamedIn, name: string, text: string): string {
  return `ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${identifier(name)} ${text}`;
}

export function validating(table: NamedIn, name: string): string {
  return `ALTER TABLE ${qualified(table)} VALIDATE CONSTRAINT ${identifier(name)}`;
}

export function commenting(table: NamedIn, name: string, comment: string): string {
  return `COMMENT ON CONSTRAINT ${identifier(name)} ON ${qualified(table)} IS ${literal(comment)}`;
}

export function dropping(table: NamedIn, name: string): string {
  return `ALTER TABLE ${qualified(table)} DROP CONSTRAINT ${identifier(name)}`;
}
