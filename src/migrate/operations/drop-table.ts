/**
 * `dropTable`: the table stands until every node has the release that does without it and grace has passed. Until then
 * there is nothing to take back; afterwards nothing can.
 */
import { shown, tableOf } from '../find.ts';
import { refuseKind, refuseReferences, refuseReaders } from '../in-the-way.ts';
import { placeOf } from '../names.ts';
import { isRefusal, type SchemaOperation } from '../operation.ts';
import { qualified } from '../sql/quote.ts';
import { graceOf } from '../steps/grace.ts';
import { statements } from '../steps/steps.ts';

const inverse = { kind: 'irreversible', why: 'the rows of a dropped table are gone' } as const;

export const dropTable: SchemaOperation<'dropTable'> = {
  kind: 'dropTable',
  traits: (params) => ({
    phases: ['contract'],
    transactional: true,
    inverse,
    rewrites: false,
    lock: 'everybody',
    graceMs: graceOf(params),
    tables: [placeOf(params.table)],
  }),
  describe: ({ table }) => `drops table ${table}`,
  steps({ table: written }, phase, { catalog }) {
    if (phase === 'migrate') return [];
    const table = tableOf(catalog, written);
    if (isRefusal(table)) return table;
    // What is in the way may be dropped until then, by an operation before this one.
    if (phase === 'expand') return [];
    const refused =
      refuseKind(table, 'dropping', ['partitioned', 'partition']) ??
      refuseReaders(catalog, table) ??
      refuseReferences(catalog, table, 'rows');
    return (
      refused ?? [
        statements([`DROP TABLE ${qualified(table)}`], {
          key: 'drop',
          title: `drops table ${shown(table)}`,
          undo: inverse,
          lock: 'everybody',
        }),
      ]
    );
  },
};
