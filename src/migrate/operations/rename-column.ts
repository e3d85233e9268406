/**
 * `renameColumn`: both names can be read and written from expand to contract. Contract drops the second column and gives
 * its name to the old one.
 */
import type { CatalogTable } from '../../model/schema/catalog.ts';
import { columnOf, findColumn, refuse, shown, tableOf } from '../find.ts';
import { placeOf } from '../names.ts';
import {
  isRefusal,
  type OperationWorld,
  type ParamsOf,
  type Refusal,
  type SchemaOperation,
  type StepDraft,
} from '../operation.ts';
import { firstRefusal, refuseReaders, refuseTable, refuseTriggers } from '../shadow/in-the-way.ts';
import { buildIndex, dropIndex, indexesOver } from '../shadow/indexes.ts';
import { createStatements, dropStatements } from '../shadow/column/rename.ts';
import { compareColumn, fillColumn } from '../shadow/column/walk.ts';
import { identifier, qualified } from '../sql/quote.ts';
import { graceOf } from '../steps/grace.ts';
import { keyOf } from '../steps/key-of.ts';
import { inTransaction, nothing, scan, statements } from '../steps/steps.ts';

type Params = ParamsOf<'renameColumn'>;

export const renameColumn: SchemaOperation<'renameColumn'> = {
  kind: 'renameColumn',
  traits: (params) => ({
    phases: ['expand', 'contract'],
    transactional: false,
    inverse: { kind: 'inverse', describe: `gives the column its name ${params.from} back` },
    rewrites: true,
    lock: 'everybody',
    graceMs: graceOf(params),
    tables: [placeOf(params.table)],
  }),
  describe: ({ table, from, to }) => `renames column ${from} of ${table} to ${to}`,
  steps(params, phase, world) {
    const table = tableOf(world.catalog, params.table);
    if (isRefusal(table) || phase === 'migrate') return isRefusal(table) ? table : [];
    return phase === 'expand' ? expandSteps(params, table, world) : contractSteps(params, table, world);
  },
};

function expandSteps(params: Params, table: CatalogTable, world: OperationWorld): readonly StepDraft[] | Refusal {
  const { from, to } = params;
  const column = columnOf(table, from);
  if (isRefusal(column)) return column;
  const key = keyOf(table);
  if (isRefusal(key)) return key;
  const refused = firstRefusal(
    refuseTable(table, world.catalog),
    refuseTriggers(table, from),
    refuseNames(table, from, to),
  );
  if (refused !== undefined) return refused;
  const pair = { table, key, value: identifier(from), shadow: to, type: column.type };
  const drop = inTransaction(...dropStatements({ table, to, world }));
  return [
    statements(createStatements({ table, column, to, world }), {
      key: 'create',
      title: `adds column ${to} to ${shown(table)}, kept equal to ${from}`,
      undo: drop,
      lock: 'everybody',
    }),
    { key: 'fill', title: `fills ${to}`, action: fillColumn(pair), undo: nothing, lock: 'none', rewrites: false },
    ...indexSteps(params, table, world),
    scan([`ANALYZE ${qualified(table)} (${identifier(to)})`], {
      key: 'analyze',
      title: `counts values of ${to} for the planner`,
      undo: nothing,
      lock: 'schema',
    }),
    {
      key: 'compare',
      title: `compares ${from} and ${to}`,
      action: compareColumn(pair),
      undo: nothing,
      lock: 'none',
      rewrites: false,
    },
  ];
}

function refuseNames(table: CatalogTable, from: string, to: string): Refusal | undefined {
  if (findColumn(table, to) !== undefined) {
    return refuse('THM7057', `Table ${shown(table)} has a column ${to} already.`, 'Choose another name.');
  }
  if (to.startsWith('_themis_')) {
    return refuse(
      'THM7058',
      `Names that begin with _themis_, like ${to}, are those of Themis.`,
      'Choose another name.',
    );
  }
  if (findColumn(table, from)?.generated !== null) {
    return refuse(
      'THM7059',
      `Column ${from} of ${shown(table)} is generated: nobody can write it under another name.`,
      'Rename it with rawSql, when no release reads it.',
    );
  }
  return undefined;
}

/** Of the same use for the other name; those of an exclusion constraint are not, for nobody can name them. */
function indexSteps({ from, to }: Params, table: CatalogTable, world: OperationWorld): readonly StepDraft[] {
  const exclusions = new Set(table.constraints.filter(({ kind }) => kind === 'exclusion').map(({ name }) => name));
  return indexesOver(table, from)
    .filter(({ valid, constraint }) => valid && (constraint === null || !exclusions.has(constraint)))
    .map((index, number) => {
      const name = world.hidden(`index${number}`);
      return {
        key: `index-${number}`,
        title: `builds ${index.name} for ${to}`,
        action: buildIndex({ index, table, name, column: { from, to } }),
        undo: dropIndex(table.schema, name),
        lock: 'schema',
        rewrites: false,
      } satisfies StepDraft;
    });
}

function contractSteps(
  { from, to }: Params,
  table: CatalogTable,
  world: OperationWorld,
): readonly StepDraft[] | Refusal {
  const hanging = [
    ...indexesOver(table, to).map(({ name }) => `index ${name}`),
    ...table.constraints.filter(({ columns }) => columns.includes(to)).map(({ name }) => `constraint ${name}`),
  ];
  if (hanging.length > 0) {
    return refuse(
      'THM7060',
      `${hanging.join(', ')} of ${shown(table)} would go with the column ${to} that ${from} takes the place of.`,
      `Drop it, and add it again after contract; until then add it for ${from}.`,
    );
  }
  const refused = firstRefusal(refuseReaders(world.catalog, table, to), refuseTriggers(table, to));
  if (refused !== undefined) return refused;
  const alter = `ALTER TABLE ${qualified(table)}`;
  return [
    statements(
      [...dropStatements({ table, to, world }), `${alter} RENAME COLUMN ${identifier(from)} TO ${identifier(to)}`],
      {
        key: 'rename',
        title: `drops the second column, and gives ${from} of ${shown(table)} its name ${to}`,
        undo: inTransaction(`${alter} RENAME COLUMN ${identifier(to)} TO ${identifier(from)}`),
        lock: 'everybody',
      },
    ),
  ];
}
