/** Constraints of a document in SQL. */
import type { Constraint, ForeignKey, ReferentialAction } from '../../model/documents.ts';
import type { NamedIn } from '../../model/schema-step.ts';
import { expression } from './expression.ts';
import { identifier, list, qualified } from './quote.ts';

/** Where the table lies that a foreign key names: a view that keeps an old name is none. */
export type Pointing = (written: string) => NamedIn;

/** `CONSTRAINT "name" CHECK (...)`, of a new table. */
export function constraintDefinition(constraint: Constraint, pointing: Pointing): string {
  return `CONSTRAINT ${identifier(constraint.name)} ${constraintText(constraint, pointing)}`;
}

/** `CHECK (...)`, `UNIQUE (...)`, `FOREIGN KEY (...) REFERENCES ...`. */
export function constraintText({ check, unique, foreignKey }: Omit<Constraint, 'name'>, pointing: Pointing): string {
  if (check !== undefined) return `CHECK ${expression(check)}`;
  return unique === undefined ? foreignKeyText(foreignKey!, pointing) : `UNIQUE (${list(unique)})`;
}

function foreignKeyText({ columns, references, onDelete, onUpdate }: ForeignKey, pointing: Pointing): string {
  return [
    `FOREIGN KEY (${list(columns)})`,
    `REFERENCES ${qualified(pointing(references.table))} (${list(references.columns)})`,
    ...(onDelete === undefined ? [] : [`ON DELETE ${actions[onDelete]}`]),
    ...(onUpdate === undefined ? [] : [`ON UPDATE ${actions[onUpdate]}`]),
  ].join(' ');
}

const actions: Record<ReferentialAction, string> = {
  noAction: 'NO ACTION',
  restrict: 'RESTRICT',
  cascade: 'CASCADE',
  setNull: 'SET NULL',
  setDefault: 'SET DEFAULT',
};
