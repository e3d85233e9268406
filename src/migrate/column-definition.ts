/** A column of a document in SQL. */
import type { Column } from '../model/documents.ts';
import { expression } from './sql/expression.ts';
import { identifier, literal, qualified, scalar } from './sql/quote.ts';
import type { NamedIn } from '../model/schema/schema-step.ts';

/** `"name" type [DEFAULT ...] [NOT NULL]`; its check and comment are statements of their own. */
export function columnDefinition(column: Column): string {
  const value = defaultOf(column);
  return [
    identifier(column.name),
    column.type,
    ...(value === undefined ? [] : [`DEFAULT ${value}`]),
    ...(column.nullable === false ? ['NOT NULL'] : []),
  ].join(' ');
}

/** SQL of the default; undefined where there is none. */
export function defaultOf({
  default: value,
  defaultExpression,
}: Pick<Column, 'default' | 'defaultExpression'>): string | undefined {
  if (defaultExpression !== undefined) return expression(defaultExpression);
  return value === undefined ? undefined : scalar(value);
}

export function commentStatements(table: NamedIn, { name, comment }: Column): readonly string[] {
  return comment === undefined
    ? []
    : [`COMMENT ON COLUMN ${qualified(table)}.${identifier(name)} IS ${literal(comment)}`];
}
