/**
 * `dropColumn`: the new release writes rows without the column while the old one still reads it. So a column that has to
 * be given lets that go before the first node, and stands until every node does without it and grace has passed.
 */
import type { CatalogColumn, CatalogTable, CatalogView } from '../../model/schema/catalog.ts';
import { columnOf, refuse, shown, tableOf } from '../find.ts';
import { refuseKind, refuseReferences, refuseReaders } from '../in-the-way.ts';
import { placeOf } from '../names.ts';
import { isRefusal, type OperationWorld, type Refusal, type SchemaOperation, type StepDraft } from '../operation.ts';
import { refuseTriggers } from '../shadow/in-the-way.ts';
import { columnsIn } from '../sql/expression.ts';
import { isOldNameOf, keepingOldName } from '../sql/old-name.ts';
import { identifier, qualified } from '../sql/quote.ts';
import { graceOf } from '../steps/grace.ts';
import { nullableSteps } from '../steps/not-null.ts';
import { statements } from '../steps/steps.ts';

const inverse = { kind: 'irreversible', why: 'the values of a dropped column are gone' } as const;

export const dropColumn: SchemaOperation<'dropColumn'> = {
  kind: 'dropColumn',
  traits: (params) => ({
    phases: ['expand', 'contract'],
    transactional: true,
    inverse,
    rewrites: false,
    lock: 'everybody',
    graceMs: graceOf(params),
    tables: [placeOf(params.table)],
  }),
  describe: ({ table, column }) => `drops column ${column} of ${table}`,
  steps({ table: written, column: name }, phase, world) {
    if (phase === 'migrate') return [];
    const table = tableOf(world.catalog, written);
    if (isRefusal(table)) return table;
    const column = columnOf(table, name);
    if (isRefusal(column)) return column;
    const refused = refuseKind(table, 'dropping a column', ['partitioned']) ?? refuseKeyWithoutDefault(table, column);
    if (refused !== undefined) return refused;
    // What is in the way may be dropped until then, by an operation before this one.
    return phase === 'contract'
      ? drop(table, column, world)
      : mustBeGiven(column)
        ? nullableSteps(table, name, world)
        : [];
  },
};

/** A view that keeps an old name of the table goes on without the column: nobody uses it by then. */
function drop(table: CatalogTable, { name }: CatalogColumn, world: OperationWorld): readonly StepDraft[] | Refusal {
  const { catalog, serverVersionNumber } = world;
  const oldNames = catalog.views.filter((view) => isOldNameOf(view, table));
  const without = (view: CatalogView): CatalogView => ({
    ...view,
    columns: view.columns.filter((column) => column.name !== name),
  });
  const refused =
    oldNames.map((view) => refuseReaders(catalog, view)).find((found) => found !== undefined) ??
    refuseReaders(catalog, table, name, oldNames.map(shown)) ??
    refuseReferences(catalog, table, { column: name }) ??
    refuseGenerated(table, name) ??
    refuseNaming(table, name);
  if (refused !== undefined) return refused;
  const sql = [
    ...oldNames.map((view) => `DROP VIEW ${qualified(view)}`),
    `ALTER TABLE ${qualified(table)} DROP COLUMN ${identifier(name)}`,
    ...oldNames.flatMap((view) => keepingOldName(view, table, without(view), serverVersionNumber)),
  ];
  return [
    statements(sql, {
      key: 'drop',
      title: `drops column ${name} of ${shown(table)}`,
      undo: inverse,
      lock: 'everybody',
    }),
  ];
}

function mustBeGiven(column: CatalogColumn): boolean {
  return !column.nullable && column.default === null && column.identity === null && column.generated === null;
}

function refuseKeyWithoutDefault(table: CatalogTable, column: CatalogColumn): Refusal | undefined {
  const primary = table.constraints.find(({ kind }) => kind === 'primaryKey');
  if (!mustBeGiven(column) || primary?.columns.includes(column.name) !== true) return undefined;
  return refuse(
    'THM7022',
    `Column ${column.name} is of the primary key of ${shown(table)} and has no default, so the new release could add no row.`,
    'Give it a default with alterColumn first, or give the table another primary key.',
  );
}

/** Triggers that fire for the column alone, and publications that list it. */
function refuseNaming(table: CatalogTable, name: string): Refusal | undefined {
  const listed = table.publications.find(
    (text) => columnsIn(text.replace(/^(?:"(?:[^"]|"")+"|[^ ]+)/u, ''), [name]).length > 0,
  );
  if (listed === undefined) return refuseTriggers(table, name);
  return refuse(
    'THM7034',
    `${shown(table)} is published with its column ${name}: ${listed}.`,
    'Publish it without the column first, with rawSql.',
  );
}

function refuseGenerated(table: CatalogTable, name: string): Refusal | undefined {
  const made = table.columns.filter(({ generated }) => generated !== null && columnsIn(generated, [name]).length > 0);
  if (made.length === 0) return undefined;
  return refuse(
    'THM7027',
    `Column ${made.map((column) => column.name).join(', ')} of ${shown(table)} is generated from ${name}.`,
    'Drop the generated column first, with dropColumn before this operation.',
  );
}
