/**
 * `renameTable`: the table gets its new name and a view its old one, in one transaction: whoever waited for the table
 * finds the view. PostgreSQL writes through such a view as if it were the table, defaults and ON CONFLICT included; COPY
 * into it and TRUNCATE are what the old release cannot do until the last node has the new one.
 */
import type { CatalogTable } from '../../model/catalog.ts';
import type { NamedIn } from '../../model/schema-step.ts';
import { refuse, shown, tableOf } from '../find.ts';
import { refuseReaders } from '../in-the-way.ts';
import { placeOf, refuseRelation } from '../names.ts';
import {
  isRefusal,
  type OperationWorld,
  type ParamsOf,
  type Refusal,
  type SchemaOperation,
  type StepDraft,
} from '../operation.ts';
import { invokersRights, isOldNameOf, keepingOldName } from '../sql/old-name.ts';
import { identifier, qualified, tableName } from '../sql/quote.ts';
import { creatingView } from '../sql/view.ts';
import { graceOf } from '../steps/grace.ts';
import { inTransaction, statements } from '../steps/steps.ts';

type Params = ParamsOf<'renameTable'>;

export const renameTable: SchemaOperation<'renameTable'> = {
  kind: 'renameTable',
  traits: (params) => ({
    phases: ['expand', 'contract'],
    transactional: true,
    inverse: { kind: 'inverse', describe: 'gives the table its old name back' },
    rewrites: false,
    lock: 'everybody',
    graceMs: graceOf(params),
    tables: [placeOf(params.from), placeOf(params.to)],
  }),
  describe: ({ from, to }) => `renames table ${from} to ${to}`,
  steps(params, phase, world) {
    if (phase === 'expand') return rename(params, world);
    return phase === 'contract' ? dropOldName(params, world) : [];
  },
};

function rename(params: Params, world: OperationWorld): readonly StepDraft[] | Refusal {
  const table = tableOf(world.catalog, params.from);
  if (isRefusal(table)) return table;
  const [from, to] = [tableName(params.from), tableName(params.to)];
  const refused = refuseRelation(world.catalog, to) ?? refusePolicies(table, world);
  if (refused !== undefined) return refused;
  const passing = world.hidden('renamed');
  return [
    statements([...moving(from, to, passing), ...keepingOldName(from, to, table, world.serverVersionNumber)], {
      key: 'rename',
      title: `renames table ${shown(from)} to ${shown(to)}, and keeps the old name as a view`,
      undo: inTransaction(`DROP VIEW ${qualified(from)}`, ...moving(to, from, passing)),
      lock: 'everybody',
    }),
  ];
}

function dropOldName(params: Params, world: OperationWorld): readonly StepDraft[] | Refusal {
  const [from, to] = [tableName(params.from), tableName(params.to)];
  const table = tableOf(world.catalog, params.to);
  if (isRefusal(table)) return table;
  const view = world.catalog.views.find(({ schema, name }) => schema === from.schema && name === from.name);
  if (view === undefined || !isOldNameOf(view, table)) return [];
  return (
    refuseReaders(world.catalog, from) ?? [
      statements([`DROP VIEW ${qualified(from)}`], {
        key: 'drop-old-name',
        title: `drops the old name ${shown(from)} of ${shown(to)}`,
        undo: inTransaction(...creatingView(view)),
        lock: 'everybody',
      }),
    ]
  );
}

/** Between schemas it passes through a name that neither of them has. */
function moving(from: NamedIn, to: NamedIn, passing: string): readonly string[] {
  const renaming = ({ schema, name }: NamedIn, next: string): readonly string[] =>
    name === next ? [] : [`ALTER TABLE ${qualified({ schema, name })} RENAME TO ${identifier(next)}`];
  if (from.schema === to.schema) return renaming(from, to.name);
  const between = from.name === to.name ? to.name : passing;
  return [
    ...renaming(from, between),
    `ALTER TABLE ${qualified({ ...from, name: between })} SET SCHEMA ${identifier(to.schema)}`,
    ...renaming({ ...to, name: between }, to.name),
  ];
}

function refusePolicies(table: CatalogTable, { serverVersionNumber }: OperationWorld): Refusal | undefined {
  if (!table.rowSecurity || serverVersionNumber >= invokersRights) return undefined;
  return refuse(
    'THM7029',
    `${shown(table)} has row policies, which a view under its old name would not ask before PostgreSQL 15.`,
    'Rename it with rawSql while no node runs, or upgrade the server first.',
  );
}
