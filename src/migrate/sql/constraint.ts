/** Constraints of a document in SQL. */
import type { Constraint, ForeignKey, ReferentialAction } from '../../model/documents.ts';
import { expression } from './expression.ts';
import { identifier, list, qualified, tableName } from './quote.ts';

/** `CONSTRAINT "name" CHECK (...)`, of a new table. */
export function constraintDefinition(constraint: Constraint): string {
  return `CONSTRAINT ${identifier(constraint.name)} ${constraintText(constraint)}`;
}

/** `CHECK (...)`, `UNIQUE (...)`, `FOREIGN KEY (...) REFERENCES ...`. */
export function constraintText({ check, unique, foreignKey }: Omit<Constraint, 'name'>): string {
  if (check !== undefined) return `CHECK ${expression(check)}`;
  return unique === undefined ? foreignKeyText(foreignKey!) : `UNIQUE (${list(unique)})`;
}

function foreignKeyText({ columns, references, onDelete, onUpdate }: ForeignKey): string {
  return [
    `FOREIGN KEY (${list(columns)})`,
    `REFERENCES ${qualified(tableName(references.table))} (${list(references.columns)})`,
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
