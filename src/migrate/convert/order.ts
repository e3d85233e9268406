/**
 * A script is carried out from top to bottom, a migration phase by phase: what is dropped or renamed is gone only when
 * all of its other operations have begun. Where a later statement needs it gone (the name is used again, a type changes
 * under a view), the earlier one is done at once, which its author is told: the release that runs meanwhile may need it.
 * Rather once too often: a name in the text is taken for a use.
 */
import type { NamedIn } from '../../model/schema/schema-step.ts';
import type { SqlNode } from '../../ports/schema/sql-parser.ts';
import { tableName } from '../sql/quote.ts';
import { atOnce } from './at-once.ts';
import { kindOf, type Draft } from './draft.ts';
import { mentions } from './piece.ts';
import { fieldsOf, readsWholeRows } from './tree.ts';

/** Indexes of drafts that became rawSql, with the index of the one that needs it. Changes their operations. */
export function settleOrder(drafts: readonly Draft[]): ReadonlyMap<number, number> {
  const settled = new Map<number, number>();
  for (let changed = true; changed;) {
    changed = false;
    for (const [index, draft] of drafts.entries()) {
      if (settled.has(index) || !endsLater(draft)) continue;
      const needs = firstClash(drafts, index, settled);
      if (needs === undefined) continue;
      settled.set(index, needs);
      draft.operation = { rawSql: atOnce(draft.operation, draft.unit.isOwn === true) };
      changed = true;
    }
  }
  return settled;
}

function firstClash(drafts: readonly Draft[], index: number, settled: ReadonlyMap<number, number>): number | undefined {
  const first = drafts[index]!;
  for (let at = index + 1; at < drafts.length; at += 1) {
    if (drafts[at]!.unit !== first.unit && clash(first, drafts[at]!)) return at;
    // A drop that is done at once may depend on every drop before it.
    if (isDrop(first) && settled.has(at) && /\bdrop\b/iu.test(drafts[at]!.operation.rawSql!.up))
      return settled.get(at)!;
  }
  return undefined;
}

const laterKinds = new Set(['renameTable', 'renameColumn', 'dropTable', 'dropColumn', 'dropIndex', 'dropConstraint']);

function endsLater({ operation }: Draft): boolean {
  const { rawSql, addConstraint, alterColumn } = operation;
  if (rawSql !== undefined) return rawSql.phase === 'contract';
  if (addConstraint !== undefined) return addConstraint.unique === undefined && addConstraint.validate !== false;
  return alterColumn === undefined ? laterKinds.has(kindOf(operation)) : alterColumn.type !== undefined;
}

function isDrop({ operation }: Draft): boolean {
  return operation.rawSql?.phase === 'contract' || kindOf(operation).startsWith('drop');
}

function clash(first: Draft, second: Draft): boolean {
  const { operation } = first;
  const later = new Later(second);
  const { renameTable, renameColumn, dropTable, dropColumn, dropIndex, dropConstraint } = operation;
  const { addConstraint, alterColumn } = operation;
  if (renameTable !== undefined) {
    const { from, to } = renameTable;
    // Until the old name goes, a view stands in the way of what changes columns.
    const isColumn = later.touches(to, ['dropColumn', 'renameColumn']) || later.changesType(to);
    return later.isAbout(from) || later.renames(to) || isColumn;
  }
  if (renameColumn !== undefined) {
    const { table, from, to } = renameColumn;
    if (!later.isAbout(table)) return false;
    const isUsed = later.says(from) || later.says(to) || later.readsRows;
    return isUsed || later.changesType(table) || later.renames(table);
  }
  if (dropTable !== undefined) return later.isAbout(dropTable.table);
  if (dropColumn !== undefined) {
    const { table, column } = dropColumn;
    return later.isAbout(table) && (later.says(column) || later.readsRows || later.renames(table));
  }
  if (dropIndex !== undefined) {
    const { table, name } = dropIndex;
    const isNeeded = later.takesAfter(table) || (later.changesRows && later.isAbout(table));
    return later.says(name) || later.changesAnyType || later.renames(table) || isNeeded;
  }
  if (dropConstraint !== undefined) {
    const { table, name } = dropConstraint;
    const isChanged = later.touches(table, ['alterColumn', 'renameColumn', 'renameTable']);
    const isAbout = later.isAbout(table) && (later.needsConstraintGone || later.takesAfter(table));
    // A foreign key that still is there would take rows along, or keep them, whatever table they are deleted from.
    const isNeeded = isAbout || later.changesRowsOfOthers;
    return later.says(name) || later.changesAnyType || isChanged || isNeeded;
  }
  if (addConstraint !== undefined) {
    const { table, name } = addConstraint;
    const isGone = later.isRaw && later.isAbout(table) && (later.changesConstraint(name) || later.drops);
    return later.renames(table) || isGone;
  }
  if (alterColumn !== undefined) {
    const { table, column } = alterColumn;
    if (!later.isAbout(table)) return false;
    const isAgain = later.says(column) && (later.changesAnyType || later.touches(table, ['renameColumn']));
    // Until the old column goes it stands in its place, and the new one behind all others.
    return later.renames(table) || isAgain || later.readsRows || (later.isRaw && later.drops);
  }
  return clashesWithRaw(first, later);
}

function clashesWithRaw({ drops = [], unit }: Draft, later: Later): boolean {
  const isOnTable = unit.table !== undefined && later.isRaw && later.says(unit.table.name);
  const isNeeded = guardsRows(unit.node) && later.changesRows;
  return later.changesAnyType || isOnTable || isNeeded || drops.some((name) => later.says(name));
}

/** Drops a constraint, or an index of a table that is not known. */
function guardsRows(node: SqlNode): boolean {
  return 'AlterTableStmt' in node || ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_INDEX');
}

/** What a later draft does, as far as an earlier one has to know. */
class Later {
  readonly #draft: Draft;

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  /** SQL that runs before the nodes change. */
  get isRaw(): boolean {
    const { rawSql } = this.#draft.operation;
    return rawSql !== undefined && rawSql.phase !== 'contract';
  }

  /** `SELECT *` and `INSERT ... VALUES` mean all columns without naming one; code may mean anything. */
  get readsRows(): boolean {
    if (!this.isRaw) return false;
    const isWhole = this.#statement === 'InsertStmt' && fieldsOf(this.#draft.unit.node).fields['cols'] === undefined;
    return isWhole || meansAnything.has(this.#statement) || readsWholeRows(this.#draft.unit.node);
  }

  /** Rows that a constraint may be against, or the place of the primary key. */
  get needsConstraintGone(): boolean {
    if (!this.isRaw) return false;
    return this.changesRows || /\bprimary\s+key\b/iu.test(this.#draft.operation.rawSql!.up);
  }

  get changesRows(): boolean {
    return this.isRaw && changesRows.has(this.#statement);
  }

  /** Of tables that point to the one it names. */
  get changesRowsOfOthers(): boolean {
    return this.changesRows && this.#statement !== 'InsertStmt' && this.#statement !== 'CopyStmt';
  }

  /** LIKE takes over indexes and constraints as they are. */
  takesAfter(table: string): boolean {
    return this.isRaw && this.#statement === 'CreateStmt' && this.isAbout(table);
  }

  get #statement(): string {
    return fieldsOf(this.#draft.unit.node).kind;
  }

  get changesAnyType(): boolean {
    const { alterColumn, rawSql } = this.#draft.operation;
    return alterColumn?.type !== undefined || (rawSql !== undefined && /\balter\b[^;]*\btype\b/iu.test(rawSql.up));
  }

  /** A table or a column, with what belongs to it. */
  get drops(): boolean {
    const { rawSql } = this.#draft.operation;
    return rawSql !== undefined && /\bdrop\b(?!\s+(?:constraint|default|not|identity|expression)\b)/iu.test(rawSql.up);
  }

  changesConstraint(name: string): boolean {
    return this.says(name) && this.#statement !== 'CommentStmt';
  }

  changesType(table: string): boolean {
    return this.changesAnyType && this.isAbout(table);
  }

  touches(table: string, kinds: readonly string[]): boolean {
    return kinds.includes(kindOf(this.#draft.operation)) && this.isAbout(table);
  }

  renames(table: string): boolean {
    const { renameTable } = this.#draft.operation;
    return renameTable?.from === table || isSame(this.#draft.moves, tableName(table));
  }

  /** Its text, or the statement that it is a command of, names the table. */
  isAbout(table: string): boolean {
    const named = tableName(table);
    return isSame(this.#draft.unit.table, named) || this.says(named.name);
  }

  says(name: string): boolean {
    return mentions(this.#draft.unit.piece, name);
  }
}

const changesRows = new Set(
  'InsertStmt UpdateStmt DeleteStmt MergeStmt CopyStmt TruncateStmt DoStmt CallStmt SelectStmt'.split(' '),
);
const meansAnything = new Set('DoStmt CallStmt CopyStmt CreateStmt CreateFunctionStmt'.split(' '));

function isSame(a: NamedIn | undefined, b: NamedIn): boolean {
  return a?.schema === b.schema && a.name === b.name;
}
