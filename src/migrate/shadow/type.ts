/** Which way a column gets another type, and the steps of that way. */
import type { Catalog, CatalogColumn, CatalogTable } from '../../model/schema/catalog.ts';
import { refuse, shown } from '../find.ts';
import { isRefusal, type OperationWorld, type ParamsOf, type Refusal, type StepDraft } from '../operation.ts';
import { identifier, qualified } from '../sql/quote.ts';
import type { WalkKey } from '../steps/fill.ts';
import { keyBy, keyOf } from '../steps/key-of.ts';
import { inTransaction, nothing, scan, statements } from '../steps/steps.ts';
import { columnLeftovers, columnShadowSteps } from './column/steps.ts';
import { conversionOf, isWidening, type Conversion } from './conversion.ts';
import { firstRefusal, refuseNaming, refusePublished, refuseReaders, refuseTable } from './in-the-way.ts';
import { indexesOver } from './indexes.ts';
import { checksOver } from './column/one-column.ts';
import { indexBody, namesColumn } from './rewrite.ts';
import { tableLeftovers, tableShadowSteps } from './table/steps.ts';

type Typed = ParamsOf<'alterColumn'> & { readonly type: string };

export interface TypeTarget {
  readonly table: CatalogTable;
  readonly column: CatalogColumn;
  /** SQL; null: none. */
  readonly defaultAfter: string | null;
}

export function typeSteps(params: Typed, target: TypeTarget, world: OperationWorld): readonly StepDraft[] | Refusal {
  const { table, column } = target;
  const conversion = conversionOf(column, params.type, params);
  const refused = firstRefusal(refuseReaders(world.catalog, table, column.name), refuseNaming(table, column));
  if (refused !== undefined) return refused;
  const obstacle = columnObstacle(target, conversion, world.catalog);
  const method = methodOf(params, target, obstacle);
  if (method === 'inPlace') return inPlaceSteps(params, target, conversion);
  if (method === 'shadowColumn' && obstacle !== undefined) {
    return refuse(
      'THM7062',
      `Column ${column.name} of ${shown(table)} can have no shadow of its own: ${obstacle}.`,
      'Say method: shadowTable, or leave the choice to auto.',
    );
  }
  const common = firstRefusal(refuseTable(table, world.catalog), refusePublished(table));
  if (common !== undefined) return common;
  const key = steadyKey(table, column);
  if (isRefusal(key)) return key;
  const shadow = { ...target, key, conversion, world };
  return method === 'shadowColumn' ? columnShadowSteps(shadow) : tableShadowSteps(shadow);
}

/** For whoever only wants to know. */
export function wayOf(params: Typed, target: TypeTarget, catalog: Catalog): 'inPlace' | 'shadowColumn' | 'shadowTable' {
  const conversion = conversionOf(target.column, params.type, params);
  return methodOf(params, target, columnObstacle(target, conversion, catalog));
}

/** One that the change leaves alone, where there is one. */
function steadyKey(table: CatalogTable, { name }: CatalogColumn): WalkKey | Refusal {
  const others = table.indexes
    .filter(({ columns }) => !columns.includes(name))
    .map(({ columns }) => keyBy(table, columns));
  const usual = keyOf(table);
  if (isRefusal(usual) || usual.every(({ column }) => column !== name)) return usual;
  return others.find((key) => !isRefusal(key)) ?? usual;
}

function methodOf(
  { method = 'auto', type, using }: Typed,
  { table, column }: TypeTarget,
  obstacle: string | undefined,
) {
  if (method !== 'auto') return method;
  // A check that names the column is looked through for every row, under the lock.
  // Neither does a type keep a collation that it does not name: indexes over the column would be built anew.
  const free =
    using === undefined &&
    isWidening(column.type, type) &&
    column.collation === null &&
    checksOver(table, column.name).length === 0;
  if (free) return 'inPlace';
  return obstacle === undefined ? 'shadowColumn' : 'shadowTable';
}

/** Why a hidden column cannot take the place of this one; undefined where it can. */
function columnObstacle({ table, column }: TypeTarget, conversion: Conversion, catalog: Catalog): string | undefined {
  const { name } = column;
  const held = table.constraints.find(
    ({ kind, columns }) => kind !== 'check' && kind !== 'unique' && columns.includes(name),
  );
  if (held !== undefined) return `it is part of ${held.name}`;
  if (column.identity !== null) return 'it is an identity';
  const pointing = catalog.tables
    .flatMap(({ constraints }) => constraints)
    .find((key) => key.references === shown(table) && pointsTo(key.definition, name));
  if (pointing !== undefined) return `foreign key ${pointing.name} points to it`;
  const over = indexesOver(table, name);
  const excluding = table.constraints.find(
    (constraint) => constraint.kind === 'exclusion' && over.some((index) => index.constraint === constraint.name),
  );
  if (excluding !== undefined) return `${excluding.name} reads it`;
  const identity = over.find((index) => table.replicaIdentity === `USING INDEX ${quoted(index.name)}`);
  if (identity !== undefined) return `replicas know rows by ${identity.name}`;
  if (conversion.forwardSafe) return undefined;
  const risky = over.find(
    ({ unique, definition, columns }) => unique || !columns.includes(name) || isComputed(definition),
  );
  return risky === undefined ? undefined : `a value that does not convert could fail writers in ${risky.name}`;
}

/** Of an index with an expression or a predicate, which may fail for some value of another type. */
function isComputed(definition: string): boolean {
  return / WHERE |\(.*\(/u.test(indexBody(definition));
}

function pointsTo(definition: string, column: string): boolean {
  const [, pointed = ''] = /\bREFERENCES .*?\(([^)]*)\)/u.exec(definition) ?? [];
  return namesColumn(`, ${pointed}`, column);
}

/** As `quote_ident` would, for the names that need it and those that do not. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/u.test(name) ? name : identifier(name);
}

function inPlaceSteps(
  params: Typed,
  { table, column, defaultAfter }: TypeTarget,
  conversion: Conversion,
): readonly StepDraft[] {
  const widening = params.using === undefined && isWidening(column.type, params.type);
  const step = changeInPlace(table, column, { defaultAfter, types: { conversion, widening } });
  const analyze = scan([`ANALYZE ${qualified(table)} (${identifier(column.name)})`], {
    key: 'analyze',
    title: `counts values of ${column.name} for the planner`,
    undo: nothing,
    lock: 'schema',
  });
  return [{ ...step, rewrites: !widening || checksOver(table, column.name).length > 0 }, analyze];
}

interface InPlace {
  readonly defaultAfter: string | null;
  readonly types: { readonly conversion: Conversion; readonly widening: boolean } | null;
}

/** Type and default in one statement each way: a default that does not fit the type in between is never there. */
export function changeInPlace(table: CatalogTable, column: CatalogColumn, { defaultAfter, types }: InPlace): StepDraft {
  const name = identifier(column.name);
  const replaced = defaultAfter !== column.default;
  const change = (type: string | null, using: string | null, value: string | null): string => {
    const parts = [
      ...(replaced && type !== null ? [`ALTER COLUMN ${name} DROP DEFAULT`] : []),
      ...(type === null ? [] : [`ALTER COLUMN ${name} TYPE ${type}${using === null ? '' : ` USING ${using}`}`]),
      ...(replaced ? [`ALTER COLUMN ${name} ${value === null ? 'DROP DEFAULT' : `SET DEFAULT ${value}`}`] : []),
    ];
    return `ALTER TABLE ${qualified(table)} ${parts.join(', ')}`;
  };
  const { conversion, widening } = types ?? { conversion: null, widening: false };
  const using = (sql: string | undefined) => (widening ? null : (sql ?? null));
  return statements([change(conversion?.to ?? null, using(conversion?.forward), defaultAfter)], {
    key: types === null ? 'default' : 'type',
    title:
      types === null
        ? `changes the default of ${column.name} of ${shown(table)}`
        : `changes ${column.name} of ${shown(table)} to ${types.conversion.to}`,
    undo: inTransaction(change(conversion?.from ?? null, using(conversion?.back), column.default)),
    lock: 'everybody',
  });
}

/** From contract on; until then it takes its place again, with what was written meanwhile. */
export const oldFormGone = { kind: 'irreversible', why: 'the old form of the column is dropped' } as const;

/** Whichever way it went: by then the catalog does not tell any more, and what is not there is passed over. */
export function leftoversStep(table: CatalogTable, column: string, world: OperationWorld): StepDraft {
  return statements([...columnLeftovers({ table, world }), ...tableLeftovers({ table, world })], {
    key: 'drop-old',
    title: `drops the old form of ${column} of ${shown(table)}`,
    undo: oldFormGone,
    lock: 'everybody',
  });
}
