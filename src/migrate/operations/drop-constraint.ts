/**
 * `dropConstraint`: nodes of the old release may count on it, so it stands until none is left. Undo brings it back as it
 * was, validated or not, the way `addConstraint` makes one: an index is built and a table looked through beside the
 * writers. Rows that contradict it by then make the undo fail.
 */
import type { CatalogConstraint, CatalogTable } from '../../model/schema/catalog.ts';
import type { SchemaAction } from '../../model/schema/schema-step.ts';
import { constraintOf, shown, tableOf } from '../find.ts';
import { refuseIdentity, refuseKind, refuseReferences } from '../in-the-way.ts';
import { placeOf } from '../names.ts';
import { isRefusal, type SchemaOperation, type StepDraft } from '../operation.ts';
import { ifConstraint, unlessConstraint } from '../sql/conditional.ts';
import { besidesDefinition, rebuilding } from '../sql/index-definition.ts';
import { adding, addingForNew, commenting, dropping, validating } from '../steps/constraint.ts';
import { graceOf } from '../steps/grace.ts';
import { inTransaction, scanning, statements, undoing } from '../steps/steps.ts';
import { takingOver } from '../steps/unique.ts';

export const dropConstraint: SchemaOperation<'dropConstraint'> = {
  kind: 'dropConstraint',
  traits: (params) => ({
    phases: ['contract'],
    transactional: true,
    inverse: { kind: 'inverse', describe: 'adds the constraint again' },
    rewrites: false,
    lock: 'everybody',
    graceMs: graceOf(params),
    tables: [placeOf(params.table)],
  }),
  describe: ({ table, name }) => `drops constraint ${name} of ${table}`,
  steps({ table: written, name }, phase, { catalog }) {
    if (phase === 'migrate') return [];
    const table = tableOf(catalog, written);
    if (isRefusal(table)) return table;
    const constraint = constraintOf(table, name);
    if (isRefusal(constraint)) return constraint;
    const indexed = constraint.kind === 'primaryKey' || constraint.kind === 'unique';
    const refused = refuseKind(table, 'dropping a constraint', indexed ? [] : ['partitioned']);
    if (refused !== undefined || phase === 'expand') return refused ?? [];
    return (
      (indexed ? refuseReferences(catalog, table, { columns: constraint.columns }) : undefined) ??
      (indexed ? refuseIdentity(table, name) : undefined) ??
      (indexed ? dropKey(table, constraint) : dropCheck(table, constraint))
    );
  },
};

function dropStep(table: CatalogTable, { name }: CatalogConstraint, undo: SchemaAction): StepDraft {
  const title = `drops constraint ${name} of ${shown(table)}`;
  return statements([dropping(table, name)], { key: 'drop', title, undo, lock: 'everybody' });
}

/** The last to be taken back, in one transaction with what is said of it. */
function besidesStep(table: CatalogTable, { name, comment }: CatalogConstraint, first: readonly string[]): StepDraft[] {
  const said = comment === null ? [] : [commenting(table, name, comment)];
  const sql = [...first, ...said];
  return sql.length === 0
    ? []
    : [undoing('constraint-back', `keeps how ${name} becomes a constraint again`, inTransaction(...sql))];
}

function dropCheck(table: CatalogTable, constraint: CatalogConstraint): readonly StepDraft[] {
  const { name, definition, validated } = constraint;
  const atOnce = constraint.kind === 'exclusion' || /\bNOT ENFORCED$/u.test(definition);
  return [
    ...besidesStep(table, constraint, []),
    ...(atOnce || !validated
      ? []
      : [
          undoing(
            'validate-back',
            `keeps how the rows that are there are held against ${name}`,
            scanning(ifConstraint(table, name, validating(table, name))),
          ),
        ]),
    dropStep(
      table,
      constraint,
      atOnce ? scanning(adding(table, name, definition)) : inTransaction(addingForNew(table, name, definition)),
    ),
  ];
}

/** An index that only a constraint can have (WITHOUT OVERLAPS) comes back with it, as an exclusion does. */
function dropKey(table: CatalogTable, constraint: CatalogConstraint): readonly StepDraft[] {
  const { name, kind, definition } = constraint;
  const index = table.indexes.find((one) => one.constraint === name);
  if (index === undefined || /\bWITHOUT OVERLAPS\b/u.test(definition)) {
    return [
      ...besidesStep(table, constraint, []),
      dropStep(table, constraint, scanning(adding(table, name, definition))),
    ];
  }
  const deferring = / DEFERRABLE.*$/u.exec(definition)?.[0] ?? '';
  const take = `${takingOver(table, name, kind === 'unique' ? 'UNIQUE' : 'PRIMARY KEY', index.name)}${deferring}`;
  return [
    ...besidesStep(table, constraint, [unlessConstraint(table, name, take), ...besidesDefinition(table, index)]),
    dropStep(table, constraint, {
      kind: 'build-index',
      index: { schema: table.schema, name: index.name },
      definition: rebuilding(index, true),
    }),
  ];
}
