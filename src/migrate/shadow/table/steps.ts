/**
 * A shadow table: a hidden table of the new form that triggers keep equal and a walk fills. When both agree, the two
 * change places in one transaction (`swap.ts`), and triggers keep the old one equal from then on, so that until
 * contract it can take its place again with everything that was written meanwhile.
 */
import type { SchemaAction } from '../../../model/schema/schema-step.ts';
import { refuse, shown } from '../../find.ts';
import type { Refusal, StepDraft } from '../../operation.ts';
import { ifConstraint } from '../../sql/conditional.ts';
import { identifier, list, qualified } from '../../sql/quote.ts';
import { adding, validating } from '../../steps/constraint.ts';
import { inBatch, usualBatchRows, usualChunkRows } from '../../steps/fill.ts';
import { inTransaction, nothing, scan, scanning, statements } from '../../steps/steps.ts';
import { commentOn } from '../comment.ts';
import { refuseDelegated, refuseUnseen, revokeDefaults } from '../guards.ts';
import { firstRefusal, refuseReaders } from '../in-the-way.ts';
import { buildIndex, shadowDefinition } from '../indexes.ts';
import { createMirror, dropMirror } from './mirror.ts';
import {
  copying,
  directions,
  healing,
  keyColumns,
  overwriting,
  tableNames,
  tableParts,
  writtenColumns,
  type TablePart,
  type TableShadow,
} from './one-table.ts';
import { namesColumn } from '../rewrite.ts';
import { tableSwapBackStatements, tableSwapStatements } from './swap.ts';
import { foreignKeys } from './parts.ts';

export function tableShadowSteps(shadow: TableShadow): readonly StepDraft[] | Refusal {
  const { table, conversion } = shadow;
  const refused = refuseShadow(shadow);
  if (refused !== undefined) return refused;
  const { fresh, write, back } = tableNames(shadow);
  const { forward } = directions(shadow);
  const drop = [...dropMirror(table, write), ...dropMirror(table, back), `DROP TABLE IF EXISTS ${qualified(fresh)}`];
  return [
    statements(
      [...refuseUnseen(table), refuseDelegated(table, null), ...createStatements(shadow), ...createMirror(forward)],
      {
        key: 'create',
        title: `makes a shadow of ${shown(table)}, with ${shadow.column.name} as ${conversion.to}`,
        undo: inTransaction(...drop),
        lock: 'writers',
      },
    ),
    { ...quietly('copy', `copies ${shown(table)}`), action: copyWalk(shadow) },
    ...partSteps(shadow),
    scan([`ANALYZE ${qualified(fresh)}`], {
      key: 'analyze',
      title: 'counts values of the shadow for the planner',
      undo: nothing,
      lock: 'schema',
    }),
    settleStep(shadow),
    statements([`LOCK TABLE ${qualified(table)} IN SHARE ROW EXCLUSIVE MODE`, ...healing(forward)], {
      key: 'heal',
      title: `writes once more what could not be written in the shadow`,
      undo: nothing,
      lock: 'writers',
    }),
    {
      ...quietly('compare', `compares ${shown(table)} with its shadow`),
      action: comparison(shadow),
      undo: revalidation(shadow),
    },
    statements(tableSwapStatements(shadow), {
      key: 'swap',
      title: `puts the shadow in the place of ${shown(table)}`,
      undo: inTransaction(...tableSwapBackStatements(shadow)),
      lock: 'everybody',
    }),
    ...validation(shadow),
  ];
}

function quietly(key: string, title: string) {
  return { key, title, undo: nothing, lock: 'none', rewrites: false } as const;
}

/**
 * Whoever has a snapshot from before the copy would find the shadow empty, and see nothing of what it deletes there. An
 * index that is built beside writers waits until they are gone, however small its table is.
 */
function settleStep(shadow: TableShadow): StepDraft {
  const { write, settled } = tableNames(shadow);
  const definition = `CREATE INDEX CONCURRENTLY ${identifier(settled.name)} ON ${qualified(write.missed)} (${list(keyColumns(shadow))})`;
  return {
    ...quietly('settle', 'waits for whoever sees the table as it was before the copy'),
    action: { kind: 'build-index', index: settled, definition },
  };
}

/** What contract drops; where the shadow was not one of the table, nothing of it is there. */
export function tableLeftovers({ table, world }: Pick<TableShadow, 'table' | 'world'>): readonly string[] {
  const { old, back } = tableNames({ table, world });
  return [...dropMirror(table, back), `DROP TABLE IF EXISTS ${qualified(old)}`];
}

function refuseShadow({ table, column, key, conversion, world }: TableShadow): Refusal | undefined {
  const keys = new Set(key.map((each) => each.column));
  const foreign = foreignKeys({ table, world }).find(
    (each) =>
      world.catalog.tables.find(({ schema, name }) => schema === each.table.schema && name === each.table.name)
        ?.kind !== 'table',
  );
  const loose = table.constraints.find(({ kind, validated }) => kind === 'check' && !validated);
  const deferrable = table.constraints.find(
    ({ kind, definition }) => ['primaryKey', 'unique', 'exclusion'].includes(kind) && / DEFERRABLE/u.test(definition),
  );
  const others = table.columns.filter(({ name }) => !keys.has(name));
  const mixed =
    keys.has(column.name) && others.some(({ name }) => namesColumn(conversion.forward + conversion.back, name));
  return firstRefusal(
    refuseReaders(world.catalog, table, null),
    foreign === undefined
      ? undefined
      : refuse(
          'THM7063',
          `Foreign key ${foreign.key.name} of ${shown(foreign.table)} points to ${shown(table)} from a partitioned table.`,
          'Drop the foreign key first and add it again after contract.',
        ),
    loose === undefined
      ? undefined
      : refuse(
          'THM7064',
          `Check ${loose.name} of ${shown(table)} was never validated: a row of the old table might not fit in the new one.`,
          'Validate it or drop it first.',
        ),
    deferrable === undefined
      ? undefined
      : refuse(
          'THM7065',
          `${deferrable.name} of ${shown(table)} is deferrable: no row can be written by it as a key.`,
          'Make it NOT DEFERRABLE first, or change the column with method: inPlace.',
        ),
    mixed || (keys.has(column.name) && !conversion.forwardSafe)
      ? refuse(
          'THM7066',
          `${column.name} is part of the key of ${shown(table)}, and by ${conversion.to} its rows may be other ones, in another order.`,
          'Add a unique index over other columns that are NOT NULL, or change the column with method: inPlace.',
        )
      : undefined,
  );
}

function createStatements(shadow: TableShadow): readonly string[] {
  const { table, column, conversion, defaultAfter } = shadow;
  const { fresh } = tableNames(shadow);
  const alter = `ALTER TABLE ${qualified(fresh)}`;
  const name = identifier(column.name);
  const like = ['DEFAULTS', 'GENERATED', 'CONSTRAINTS', 'COMMENTS', 'STORAGE', 'COMPRESSION'].map(
    (part) => `INCLUDING ${part}`,
  );
  const method = table.accessMethod === null ? '' : ` USING ${identifier(table.accessMethod)}`;
  const options = table.options.length === 0 ? '' : ` WITH (${table.options.join(', ')})`;
  const tablespace = table.tablespace === null ? '' : ` TABLESPACE ${identifier(table.tablespace)}`;
  const replaced = defaultAfter !== column.default;
  return [
    `CREATE ${table.logged ? '' : 'UNLOGGED '}TABLE ${qualified(fresh)} (LIKE ${qualified(table)} ${like.join(' ')})${method}${options}${tablespace}`,
    `${alter} OWNER TO ${identifier(table.owner)}`,
    revokeDefaults(fresh),
    ...(replaced ? [`${alter} ALTER COLUMN ${name} DROP DEFAULT`] : []),
    `${alter} ALTER COLUMN ${name} TYPE ${conversion.to} USING NULL::${conversion.to}`,
    ...(replaced && defaultAfter !== null ? [`${alter} ALTER COLUMN ${name} SET DEFAULT ${defaultAfter}`] : []),
    ...table.columns.flatMap((each) => [
      ...(each.statisticsTarget === null
        ? []
        : [`${alter} ALTER COLUMN ${identifier(each.name)} SET STATISTICS ${each.statisticsTarget}`]),
      ...(each.options.length === 0
        ? []
        : [`${alter} ALTER COLUMN ${identifier(each.name)} SET (${each.options.join(', ')})`]),
    ]),
    ...commentOn(`TABLE ${qualified(fresh)}`, table.comment),
    ...tableParts(shadow)
      .filter((part) => fromTheStart(part, shadow))
      .map((part) => startPart(part, shadow)),
  ];
}

/** The key, by which rows are written, and what no index that is built later can serve. */
function fromTheStart({ index, constraint }: TablePart, { key }: TableShadow): boolean {
  const columns = key.map(({ column }) => column);
  const isKey =
    index.unique && columns.length === index.columns.length && columns.every((name) => index.columns.includes(name));
  return constraint?.kind === 'exclusion' || isKey;
}

function startPart({ index, constraint, number }: TablePart, shadow: TableShadow): string {
  const { fresh, freshIndex } = tableNames(shadow);
  const name = freshIndex(number);
  return constraint === null
    ? shadowDefinition({ index, table: fresh, name, column: null })
    : adding(fresh, name, constraint.definition);
}

/** The other indexes are cheaper to build over the whole table than with every row. */
function partSteps(shadow: TableShadow): readonly StepDraft[] {
  const { fresh, freshIndex } = tableNames(shadow);
  const later = tableParts(shadow).filter((part) => !fromTheStart(part, shadow));
  const served = later.filter(({ constraint }) => constraint !== null);
  return [
    ...later.map(({ index, number }): StepDraft => ({
      ...quietly(`part-${number}`, `builds ${index.name} for the shadow`),
      action: buildIndex({ index, table: fresh, name: freshIndex(number), column: null }),
    })),
    ...(served.length === 0
      ? []
      : [
          statements(
            served.map(({ constraint, number }) => {
              const kind = constraint!.kind === 'primaryKey' ? 'PRIMARY KEY' : 'UNIQUE';
              return adding(fresh, freshIndex(number), `${kind} USING INDEX ${identifier(freshIndex(number))}`);
            }),
            { key: 'constraints', title: 'makes constraints of them', undo: nothing, lock: 'none' },
          ),
        ]),
  ];
}

function copyWalk(shadow: TableShadow): SchemaAction {
  const { table, key } = shadow;
  const { forward } = directions(shadow);
  const statement = `${copying(forward, inBatch(key))} ON CONFLICT DO NOTHING`;
  const place = { schema: table.schema, name: table.name };
  return { kind: 'walk', table: place, key, where: null, statement, firstBatchRows: usualBatchRows };
}

function comparison(shadow: TableShadow): SchemaAction {
  const { table, key, conversion, column } = shadow;
  const { fresh } = tableNames(shadow);
  const { forward } = directions(shadow);
  const columns = writtenColumns(shadow);
  const values = columns.map((name) =>
    name === column.name ? `(${conversion.forward})::${conversion.to}` : identifier(name),
  );
  // The rows are locked first, so that what is written over the shadow's is not older than they are.
  const locked = `${copying(forward, inBatch(key))} FOR NO KEY UPDATE OF ${identifier(table.name)}`;
  return {
    kind: 'compare',
    table: { schema: table.schema, name: table.name },
    key,
    left: { relation: qualified(table), row: `ROW(${values.join(', ')})::text` },
    right: { relation: qualified(fresh), row: `ROW(${list(columns)})::text` },
    repair: `${locked} ${overwriting(forward)}`,
    attempts: 3,
    chunkRows: usualChunkRows,
  };
}

/** Of foreign keys, for the rows that were there: they hold for what is written from the swap on. */
function validation(shadow: TableShadow): readonly StepDraft[] {
  const valid = foreignKeys(shadow).filter(({ key }) => key.validated);
  if (valid.length === 0) return [];
  return [
    scan(
      valid.map(({ table, key }) => validating(table, key.name)),
      { key: 'validate', title: 'checks foreign keys for the rows that are there', undo: nothing, lock: 'schema' },
    ),
  ];
}

function revalidation(shadow: TableShadow): StepDraft['undo'] {
  const valid = foreignKeys(shadow).filter(({ key }) => key.validated);
  if (valid.length === 0) return nothing;
  return scanning(...valid.map(({ table, key }) => ifConstraint(table, key.name, validating(table, key.name))));
}
