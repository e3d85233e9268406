/**
 * `addColumn`: without rewriting the table. PostgreSQL keeps a constant default beside the table; an expression it would
 * work out for every row under a lock that keeps out everybody, so the column comes empty, with the default for new rows,
 * and a walk fills the others. Writers of the old release do not know the column and get the default.
 */
import type { CatalogTable } from '../../model/schema/catalog.ts';
import type { Column } from '../../model/documents.ts';
import { columnDefinition, commentStatements, defaultOf } from '../column-definition.ts';
import { findColumn, refuse, shown, tableOf } from '../find.ts';
import { refuseKind } from '../in-the-way.ts';
import { placeOf, refuseName } from '../names.ts';
import { isRefusal, type OperationWorld, type Refusal, type SchemaOperation, type StepDraft } from '../operation.ts';
import { checkName } from '../sql/auto-name.ts';
import { identifier, qualified } from '../sql/quote.ts';
import { expression } from '../sql/expression.ts';
import { checkSteps } from '../steps/constraint.ts';
import { filling } from '../steps/fill.ts';
import { keyOf } from '../steps/key-of.ts';
import { notNullSteps } from '../steps/not-null.ts';
import { goneWithTheRest, inTransaction, nothing, statements } from '../steps/steps.ts';

export const addColumn: SchemaOperation<'addColumn'> = {
  kind: 'addColumn',
  traits: ({ table, column }) => ({
    phases: ['expand'],
    transactional: column.defaultExpression === undefined && column.check === undefined,
    inverse: { kind: 'inverse', describe: 'drops the column' },
    rewrites: column.defaultExpression !== undefined,
    lock: 'everybody',
    graceMs: 0,
    tables: [placeOf(table)],
  }),
  describe: ({ table, column }) => `adds column ${column.name} to ${table}`,
  steps({ table: written, column }, phase, world) {
    if (phase !== 'expand') return [];
    const table = tableOf(world.catalog, written);
    if (isRefusal(table)) return table;
    const refused = refuseKind(table, 'adding a column', ['partitioned']) ?? refuseColumn(table, column, world);
    if (refused !== undefined) return refused;
    const filled = column.defaultExpression !== undefined && table.rows !== 0;
    const rest = filled ? filledSteps(table, column, world) : [];
    if (isRefusal(rest)) return rest;
    return [addStep(table, column, filled), ...rest.toSpliced(1, 0, ...checked(table, column))];
  },
};

function addStep(table: CatalogTable, column: Column, filled: boolean): StepDraft {
  const alter = `ALTER TABLE ${qualified(table)}`;
  const name = identifier(column.name);
  const add = filled
    ? [`${alter} ADD COLUMN ${name} ${column.type}`, `${alter} ALTER COLUMN ${name} SET DEFAULT ${defaultOf(column)}`]
    : [`${alter} ADD COLUMN ${columnDefinition(column)}`];
  return statements([...add, ...commentStatements(table, column)], {
    key: 'add',
    title: `adds column ${column.name} to ${shown(table)}`,
    undo: inTransaction(`${alter} DROP COLUMN ${name}`),
    lock: 'everybody',
  });
}

/** The check comes behind the walk: before it, rows that are not filled yet could be changed no more. */
function checked(table: CatalogTable, { name, check }: Column): readonly StepDraft[] {
  if (check === undefined) return [];
  const columns = [...table.columns.map((column) => column.name), name];
  return checkSteps(table, checkName(table, check, columns), `CHECK ${expression(check)}`).map(goneWithTheRest);
}

function filledSteps(table: CatalogTable, column: Column, world: OperationWorld): readonly StepDraft[] | Refusal {
  const key = keyOf(table);
  if (isRefusal(key)) return key;
  const fill: StepDraft = {
    key: 'fill',
    title: `fills ${column.name} of ${shown(table)}`,
    action: filling({
      table: { schema: table.schema, name: table.name },
      key,
      set: [[column.name, 'DEFAULT']],
      where: `${identifier(column.name)} IS NULL`,
    }),
    undo: nothing,
    lock: 'none',
    rewrites: true,
  };
  return [fill, ...(column.nullable === false ? notNullSteps(table, column.name, world).map(goneWithTheRest) : [])];
}

function refuseColumn(table: CatalogTable, column: Column, world: OperationWorld): Refusal | undefined {
  const { name, type, nullable = true, default: value, defaultExpression } = column;
  if (findColumn(table, name) !== undefined) {
    return refuse(
      'THM7007',
      `Table ${shown(table)} has a column ${name} already.`,
      'Choose another name, or leave out the operation if it is the one meant.',
    );
  }
  if (value !== undefined && defaultExpression !== undefined) {
    return refuse(
      'THM7023',
      `Column ${name} has both a default and a defaultExpression.`,
      'Keep the one that is meant.',
    );
  }
  if (!nullable && (value ?? defaultExpression ?? null) === null && table.rows !== 0) {
    return refuse(
      'THM7010',
      `Column ${name} may not be null and has no default, and ${shown(table)} has rows.`,
      'Give it a default, or add it nullable, fill it with backfill and set nullable: false with alterColumn.',
    );
  }
  return refuseName(name) ?? (table.rows === 0 ? undefined : refuseType(name, type, world));
}

const numbering = /^\s*(?:small|big)?serial[248]?\s*$|\bGENERATED\b/iu;

/** Types with which PostgreSQL writes every row anew under its lock. */
function refuseType(name: string, type: string, { catalog }: OperationWorld): Refusal | undefined {
  if (numbering.test(type)) {
    return refuse(
      'THM7024',
      `Column ${name} of type ${type} gets a value in every row under a lock that keeps out everybody.`,
      'Add it with a plain type, create what gives it values with rawSql, and fill it with backfill.',
    );
  }
  const bare = type.trim().replaceAll('"', '');
  const domain = catalog.types.find(
    (one) =>
      one.kind === 'domain' && [one.name, shown(one)].includes(bare) && /\b(?:CHECK|NOT NULL)\b/u.test(one.definition),
  );
  if (domain === undefined) return undefined;
  return refuse(
    'THM7030',
    `Type ${shown(domain)} of column ${name} is a domain with a constraint, which PostgreSQL checks by rewriting the table.`,
    'Add the column with the type that the domain is of, and its check as a check of the column.',
  );
}
