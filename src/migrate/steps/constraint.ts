/** A check or foreign key in two steps: for what is written from now on, at once; for what is there, by a scan. */
import type { LockLevel, NamedIn } from '../../model/schema/schema-step.ts';
import type { StepDraft } from '../operation.ts';
import { identifier, qualified } from '../sql/quote.ts';
import { inTransaction, nothing, scan, statements } from './steps.ts';

export function newRowsStep(table: NamedIn, name: string, text: string, lock: LockLevel): StepDraft {
  return statements([`${adding(table, name, text)} NOT VALID`], {
    key: 'constraint',
    title: `checks ${name} for new rows`,
    undo: inTransaction(dropping(table, name)),
    lock,
  });
}

export function oldRowsStep(table: NamedIn, name: string): StepDraft {
  return scan([validating(table, name)], {
    key: 'validate',
    title: `checks ${name} for the rows that are there`,
    undo: nothing,
    lock: 'schema',
  });
}

/** A check of a column or table. */
export function checkSteps(table: NamedIn, name: string, text: string): readonly StepDraft[] {
  return [newRowsStep(table, name, text, 'everybody'), oldRowsStep(table, name)];
}

export function adding(table: NamedIn, name: string, text: string): string {
  return `ALTER TABLE ${qualified(table)} ADD CONSTRAINT ${identifier(name)} ${text}`;
}

export function validating(table: NamedIn, name: string): string {
  return `ALTER TABLE ${qualified(table)} VALIDATE CONSTRAINT ${identifier(name)}`;
}

export function dropping(table: NamedIn, name: string): string {
  return `ALTER TABLE ${qualified(table)} DROP CONSTRAINT ${identifier(name)}`;
}
