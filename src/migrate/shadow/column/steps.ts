/**
 * A shadow column: a hidden column of the new type that a trigger fills for whatever is written, and a walk for the rest.
 * When both agree, the two change names in one transaction (`swap.ts`), and a trigger fills the old one from then
 * on, so that until contract it can take its place again with everything that was written meanwhile.
 *
 * Nothing is asked of the hidden side (no NOT NULL, no check), for it would fail writers: constraints come with the name.
 * A unique index is asked of it only where different values stay different.
 */
import type { CatalogTable } from '../../../model/schema/catalog.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { shown } from '../../find.ts';
import type { StepDraft } from '../../operation.ts';
import { ifConstraint } from '../../sql/conditional.ts';
import { identifier, list, qualified } from '../../sql/quote.ts';
import { validating } from '../../steps/constraint.ts';
import { inTransaction, nothing, scan, scanning, statements, undoing } from '../../steps/steps.ts';
import { swapBackStatements, swapStatements } from './swap.ts';
import { refuseDelegated, refuseSubscribers } from '../guards.ts';
import { buildIndex, dropIndex } from '../indexes.ts';
import { checksOver, createTrigger, shadowNames, validIndexes, writing, type ColumnShadow } from './one-column.ts';
import { createFunction, dropFunction, dropTrigger } from '../triggers.ts';
import { compareColumn, fillColumn, mayBeUnseen } from './walk.ts';

export function columnShadowSteps(shadow: ColumnShadow): readonly StepDraft[] {
  const { table, column, conversion } = shadow;
  const names = shadowNames(shadow);
  const pair = { ...shadow, value: conversion.forward, shadow: names.fresh, type: conversion.to };
  return [
    statements(createStatements(shadow), {
      key: 'create',
      title: `adds a shadow of ${column.name} to ${shown(table)}, as ${conversion.to}`,
      undo: inTransaction(
        dropTrigger(names.write.trigger, table),
        dropFunction(names.write.function),
        `ALTER TABLE ${qualified(table)} DROP COLUMN IF EXISTS ${identifier(names.fresh)}`,
      ),
      lock: 'everybody',
    }),
    {
      ...quietly('fill', `fills the shadow of ${column.name}`),
      action: fillColumn(pair),
      undo: column.nullable ? nothing : inTransaction(...notNullAgain(table, column.name, names.notNull)),
    },
    ...indexSteps(shadow),
    scan([`ANALYZE ${qualified(table)} (${identifier(names.fresh)})`], {
      key: 'analyze',
      title: `counts values of the shadow for the planner`,
      undo: nothing,
      lock: 'schema',
    }),
    {
      ...quietly('compare', `compares ${column.name} with its shadow`),
      action: compareColumn(pair),
      undo: scanning(...validateStatements(shadow)),
    },
    statements(swapStatements(shadow), {
      key: 'swap',
      title: `puts the shadow in the place of ${column.name}`,
      undo: inTransaction(...swapBackStatements(shadow)),
      lock: 'everybody',
    }),
    ...afterSwap(shadow),
  ];
}

function quietly(key: string, title: string) {
  return { key, title, lock: 'none', rewrites: false } as const;
}

function createStatements({ table, column, conversion, defaultAfter, world }: ColumnShadow): readonly string[] {
  const { fresh, write } = shadowNames({ table, world });
  const alter = `ALTER TABLE ${qualified(table)}`;
  const name = identifier(fresh);
  return [
    ...refuseSubscribers(table),
    refuseDelegated(table, column.name),
    ...mayBeUnseen(table),
    `${alter} ADD COLUMN ${name} ${conversion.to}`,
    // Fails now rather than at the swap where the default is none of the new type.
    ...(defaultAfter === null
      ? []
      : [`${alter} ALTER COLUMN ${name} SET DEFAULT ${defaultAfter}`, `${alter} ALTER COLUMN ${name} DROP DEFAULT`]),
    ...createFunction({
      name: write.function,
      body: writing(table, { hidden: fresh, value: conversion.forward, safe: conversion.forwardSafe, unless: null }),
    }),
    createTrigger(write, table),
  ];
}

function indexSteps(shadow: ColumnShadow): readonly StepDraft[] {
  const { table, column, conversion } = shadow;
  const names = shadowNames(shadow);
  const builds = validIndexes(shadow).map((index, number): StepDraft => {
    const name = names.index(number);
    return {
      ...quietly(`index-${number}`, `builds ${index.name} for the shadow`),
      action: buildIndex({ index, table, name, column: { from: column.name, to: names.fresh } }),
      undo: dropIndex(table.schema, name),
      lock: 'schema',
    };
  });
  // A build beside writers also waits for whoever has a snapshot from before the shadow was filled, and would read NULL.
  if (conversion.forwardSafe && builds.length > 0) return builds;
  return [
    ...builds,
    {
      ...quietly('lost', `looks for values of ${column.name} that do not convert`),
      action: lostIndex(shadow, names.lost, names.fresh, column.name),
      undo: dropIndex(table.schema, names.lost.name),
      lock: 'schema',
    },
  ];
}

function lostIndex({ table, key }: ColumnShadow, index: NamedIn, hidden: string, seen: string) {
  const where = `${identifier(hidden)} IS NULL AND ${identifier(seen)} IS NOT NULL`;
  const columns = list(key.map(({ column }) => column));
  const definition = `CREATE INDEX CONCURRENTLY ${identifier(index.name)} ON ${qualified(table)} (${columns}) WHERE ${where}`;
  return { kind: 'build-index', index, definition } as const;
}

/** Of the old column, once it has its name back: what was valid is so again. */
function validateStatements({ table, column, world }: ColumnShadow): readonly string[] {
  const { notNull } = shadowNames({ table, world });
  return [
    ...checksOver(table, column.name)
      .filter(({ validated }) => validated)
      .map(({ name }) => ifConstraint(table, name, validating(table, name))),
    ...(column.nullable ? [] : [ifConstraint(table, notNull, validating(table, notNull))]),
  ];
}

function notNullAgain(table: CatalogTable, column: string, check: string): readonly string[] {
  const alter = `ALTER TABLE ${qualified(table)}`;
  return [
    `${alter} ALTER COLUMN ${identifier(column)} SET NOT NULL`,
    `${alter} DROP CONSTRAINT IF EXISTS ${identifier(check)}`,
  ];
}

function afterSwap(shadow: ColumnShadow): readonly StepDraft[] {
  const { table, column } = shadow;
  const names = shadowNames(shadow);
  const validated = checksOver(table, column.name).filter((check) => check.validated);
  const keptIndexes = validIndexes(shadow).map((index, number) =>
    undoing(
      `keep-${number}`,
      `keeps how ${index.name} is built for the old column`,
      buildIndex({ index, table, name: names.oldIndex(number), column: { from: column.name, to: names.old } }),
    ),
  );
  const checks = [...validated.map(({ name }) => name), ...(column.nullable ? [] : [names.notNull])];
  return [
    ...keptIndexes,
    {
      ...quietly('lost-back', `watches for values of ${column.name} that cannot go back`),
      action: lostIndex(shadow, names.lostBack, names.old, column.name),
      // Read when the columns change places again, and dropped then.
      undo: nothing,
      lock: 'schema',
    },
    ...(checks.length === 0
      ? []
      : [
          scan(
            checks.map((name) => validating(table, name)),
            { key: 'validate', title: `checks the rows of ${shown(table)}`, undo: nothing, lock: 'schema' },
          ),
        ]),
    ...(column.nullable
      ? []
      : [
          statements(notNullAgain(table, column.name, names.notNull), {
            key: 'set-not-null',
            title: `makes ${column.name} NOT NULL`,
            undo: nothing,
            lock: 'everybody',
          }),
        ]),
  ];
}

/** What contract drops; where the shadow was not one of a column, nothing of it is there. */
export function columnLeftovers({ table, world }: Pick<ColumnShadow, 'table' | 'world'>): readonly string[] {
  const { back, old } = shadowNames({ table, world });
  return [
    dropTrigger(back.trigger, table),
    dropFunction(back.function),
    `ALTER TABLE ${qualified(table)} DROP COLUMN IF EXISTS ${identifier(old)}`,
  ];
}
