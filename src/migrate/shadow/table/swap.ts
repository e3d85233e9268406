/**
 * The moment in which a table and its shadow change places, and the one in which they change back. What acts on its own
 * (triggers, foreign keys, counters) goes with the name; rights, policies and comments stay on the hidden table too, where
 * they disturb nobody, so that the way back need not make them anew.
 */
import type { NamedIn } from '../../../model/schema-step.ts';
import { identifier, qualified } from '../../sql/quote.ts';
import { createMirror, dropMirror } from './mirror.ts';
import { directions, healing, tableNames, tableParts, type TableShadow } from './one-table.ts';
import {
  addForeignKey,
  addIdentity,
  countOn,
  createStatistics,
  dress,
  dropForeignKey,
  dropStatistics,
  firing,
  foreignKeys,
  ownSequence,
  ownSequences,
  partName,
  renamePart,
  renameSequence,
} from './parts.ts';

export function tableSwapStatements(shadow: TableShadow): readonly string[] {
  const { table } = shadow;
  const { fresh, old, write, freshIndex, oldIndex, oldSequence } = tableNames(shadow);
  const { forward, back } = directions(shadow);
  const keys = foreignKeys(shadow);
  const parts = tableParts(shadow);
  const identities = ownSequences(shadow, true);
  const hidden = (name: string): NamedIn => ({ schema: table.schema, name });
  return [
    ...lock(shadow, fresh),
    ...healing(forward),
    ...dropMirror(table, write),
    ...keys.map(dropForeignKey),
    ...dropStatistics(table),
    ...parts.map((part) => renamePart(table, part, partName(part), oldIndex(part.number))),
    ...identities.map(({ sequence }, number) => renameSequence(sequence, oldSequence(number))),
    rename(table, old.name),
    ...(table.triggers.length === 0 ? [] : [`ALTER TABLE ${qualified(old)} DISABLE TRIGGER USER`]),
    rename(fresh, table.name),
    ...parts.map((part) => renamePart(table, part, freshIndex(part.number), partName(part))),
    ...identities.flatMap((own, number) => [
      ...addIdentity(shadow, own),
      countOn(own.sequence, hidden(oldSequence(number))),
    ]),
    ...ownSequence(shadow),
    ...dress(shadow),
    ...createStatistics(table),
    ...keys.flatMap(addForeignKey),
    ...createMirror(back),
  ];
}

export function tableSwapBackStatements(shadow: TableShadow): readonly string[] {
  const { table } = shadow;
  const { fresh, old, back: side, freshIndex, oldIndex, freshSequence, oldSequence } = tableNames(shadow);
  const { back } = directions(shadow);
  const keys = foreignKeys(shadow);
  const parts = tableParts(shadow);
  const identities = ownSequences(shadow, true);
  const hidden = (name: string): NamedIn => ({ schema: table.schema, name });
  return [
    ...lock(shadow, old),
    ...healing(back),
    ...dropMirror(table, side),
    ...keys.map(dropForeignKey),
    ...dropStatistics(table),
    ...parts.map((part) => renamePart(table, part, partName(part), freshIndex(part.number))),
    ...identities.map(({ sequence }, number) => renameSequence(sequence, freshSequence(number))),
    rename(table, fresh.name),
    rename(old, table.name),
    ...parts.map((part) => renamePart(table, part, oldIndex(part.number), partName(part))),
    ...identities.flatMap(({ sequence }, number) => [
      renameSequence(hidden(oldSequence(number)), sequence.name),
      countOn(sequence, hidden(freshSequence(number))),
    ]),
    ...ownSequence(shadow),
    ...table.triggers.map((trigger) => firing(table, trigger)),
    ...createStatistics(table),
    ...keys.flatMap(addForeignKey),
  ];
}

/** Everything at once, before anything is changed: whoever waits in the middle holds up all that came before. */
function lock(shadow: TableShadow, other: NamedIn): readonly string[] {
  const { table, world } = shadow;
  const pointing = foreignKeys(shadow)
    .map((key) => key.table)
    .filter(({ schema, name }) => schema !== table.schema || name !== table.name);
  const pointed = world.catalog.tables.filter(
    (each) =>
      each !== table && table.constraints.some(({ references }) => references === `${each.schema}.${each.name}`),
  );
  const strong = [...new Set([table, ...pointing, other].map(qualified))];
  return [
    `LOCK TABLE ${strong.join(', ')} IN ACCESS EXCLUSIVE MODE`,
    ...(pointed.length === 0
      ? []
      : [`LOCK TABLE ${[...new Set(pointed.map(qualified))].join(', ')} IN SHARE ROW EXCLUSIVE MODE`]),
  ];
}

function rename(table: NamedIn, to: string): string {
  return `ALTER TABLE ${qualified(table)} RENAME TO ${identifier(to)}`;
}
