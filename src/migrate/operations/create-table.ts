/** `createTable`: nobody knows a new table yet, so one transaction before the first node makes it, and undo drops it. */
import type { Column } from '../../model/documents.ts';
import { columnDefinition, commentStatements } from '../column-definition.ts';
import { placeIn, refuse, shown, tableOf } from '../find.ts';
import { placeOf, refuseName, refuseRelation } from '../names.ts';
import { isRefusal, type ParamsOf, type Refusal, type SchemaOperation } from '../operation.ts';
import { constraintDefinition, type Pointing } from '../sql/constraint.ts';
import { expression } from '../sql/expression.ts';
import { list, literal, qualified, tableName } from '../sql/quote.ts';
import { inTransaction, statements } from '../steps/steps.ts';

type Params = ParamsOf<'createTable'>;

export const createTable: SchemaOperation<'createTable'> = {
  kind: 'createTable',
  traits: (params) => ({
    phases: ['expand'],
    transactional: true,
    inverse: { kind: 'inverse', describe: 'drops the table' },
    rewrites: false,
    lock: lockOf(params),
    graceMs: 0,
    tables: [placeOf(params.table), ...pointedTo(params).map(placeOf)],
  }),
  describe: ({ table }) => `creates table ${table}`,
  steps(params, phase, { catalog }) {
    if (phase !== 'expand') return [];
    const table = tableName(params.table);
    const refused = refuseRelation(catalog, table) ?? refuseNames(params);
    if (refused !== undefined) return refused;
    for (const other of pointedTo(params)) {
      const pointed = tableOf(catalog, other);
      if (isRefusal(pointed)) return pointed;
    }
    return [
      statements(statementsOf(params, placeIn(catalog)), {
        key: 'create',
        title: `creates table ${shown(table)}`,
        undo: inTransaction(`DROP TABLE ${qualified(table)}`),
        lock: lockOf(params),
      }),
    ];
  },
};

/** A foreign key keeps writers of the table pointed to out for as long as it takes to note it there. */
function lockOf(params: Params): 'writers' | 'none' {
  return pointedTo(params).length > 0 ? 'writers' : 'none';
}

/** Other tables that its foreign keys point to. */
function pointedTo({ table, constraints = [] }: Params): readonly string[] {
  const others = constraints.flatMap(({ foreignKey }) =>
    foreignKey === undefined ? [] : [foreignKey.references.table],
  );
  return [...new Set(others)].filter((other) => placeOf(other) !== placeOf(table));
}

function statementsOf(
  { table: written, columns, primaryKey, constraints = [], comment }: Params,
  pointing: Pointing,
): readonly string[] {
  const table = tableName(written);
  const parts = [
    ...columns.map(withCheck),
    ...(primaryKey === undefined ? [] : [`PRIMARY KEY (${list(primaryKey)})`]),
    ...constraints.map((constraint) => constraintDefinition(constraint, pointing)),
  ];
  return [
    `CREATE TABLE ${qualified(table)} (${parts.join(', ')})`,
    ...(comment === undefined ? [] : [`COMMENT ON TABLE ${qualified(table)} IS ${literal(comment)}`]),
    ...columns.flatMap((column) => commentStatements(table, column)),
  ];
}

/** Beside its column, so that PostgreSQL names the check after it. */
function withCheck(column: Column): string {
  const definition = columnDefinition(column);
  return column.check === undefined ? definition : `${definition} CHECK ${expression(column.check)}`;
}

function refuseNames({ table, columns, primaryKey = [], constraints = [] }: Params): Refusal | undefined {
  const names = columns.map(({ name }) => name);
  const used = [...primaryKey, ...constraints.flatMap(({ unique, foreignKey }) => unique ?? foreignKey?.columns ?? [])];
  const unknown = used.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    return refuse(
      'THM7025',
      `Table ${table} is to have a key of ${unknown}, which is none of its columns.`,
      'Name one.',
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    return refuse('THM7033', `Table ${table} is to have two columns ${twice}.`, 'Leave one of them out.');
  }
  return [...names, ...constraints.map(({ name }) => name)].map(refuseName).find((refused) => refused !== undefined);
}
