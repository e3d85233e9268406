/**
 * What the script itself has made so far: a converter has no database to look into. It decides names that PostgreSQL
 * would give, what IF EXISTS finds, where a comment belongs, and what goes with its table when the migration is undone.
 */
import type { Column, Operation } from '../../model/documents.ts';
import type { NamedIn } from '../../model/schema/schema-step.ts';
import { freeName } from './generated-names.ts';

type Constraint = NonNullable<Operation['addConstraint']>;

export interface KnownTable {
  /** Null: by a statement that is kept as it is. */
  readonly created: NonNullable<Operation['createTable']> | null;
  /** Those whose operation is at hand. */
  readonly columns: Map<string, Column | null>;
  primaryKey: readonly string[] | null;
  readonly constraints: Map<string, Constraint | null>;
  readonly isPartitioned?: boolean;
}

export class Known {
  readonly #tables = new Map<string, KnownTable>();
  readonly #columns = new Map<string, Map<string, Column>>();
  readonly #constraints = new Map<string, Map<string, Constraint>>();
  readonly #indexes = new Map<string, NamedIn>();
  readonly #objects = new Set<string>();
  /** Per schema, as `schema.name`. */
  readonly #relations = new Set<string>();
  readonly #constraintNames = new Set<string>();
  readonly #parents = new Set<string>();

  table(name: NamedIn): KnownTable | undefined {
    return this.#tables.get(keyOf(name));
  }

  addTable(name: NamedIn, table: KnownTable): void {
    this.#tables.set(keyOf(name), table);
    this.#relations.add(keyOf(name));
  }

  dropTable(name: NamedIn): void {
    const key = keyOf(name);
    this.#tables.delete(key);
    this.#relations.delete(key);
    this.#columns.delete(key);
    this.#constraints.delete(key);
    this.#parents.delete(key);
  }

  /** Others inherit from it, or are to be its partitions: what is done to it alone is not done to them. */
  addParent(table: NamedIn): void {
    this.#parents.add(keyOf(table));
  }

  isParent(table: NamedIn): boolean {
    return this.#parents.has(keyOf(table));
  }

  renameTable(from: NamedIn, to: NamedIn): void {
    if (this.#parents.delete(keyOf(from))) this.#parents.add(keyOf(to));
    for (const map of [this.#tables, this.#columns, this.#constraints] as Map<string, unknown>[]) {
      const value = map.get(keyOf(from));
      map.delete(keyOf(from));
      if (value !== undefined) map.set(keyOf(to), value);
    }
    for (const [index, table] of this.#indexes) {
      if (keyOf(table) === keyOf(from)) this.#indexes.set(index, to);
    }
    this.#relations.delete(keyOf(from));
    this.#relations.add(keyOf(to));
  }

  /** A column that the script adds, to a table of its own or not. */
  addColumn(table: NamedIn, column: Column): void {
    this.table(table)?.columns.set(column.name, column);
    nested(this.#columns, table).set(column.name, column);
  }

  column(table: NamedIn, name: string): Column | undefined {
    return this.table(table)?.columns.get(name) ?? this.#columns.get(keyOf(table))?.get(name);
  }

  hasColumn(table: NamedIn, name: string): boolean {
    return this.table(table)?.columns.has(name) === true || this.#columns.get(keyOf(table))?.has(name) === true;
  }

  dropColumn(table: NamedIn, name: string): void {
    this.table(table)?.columns.delete(name);
    this.#columns.get(keyOf(table))?.delete(name);
  }

  renameColumn(table: NamedIn, from: string, to: string): void {
    const known = this.table(table);
    if (known?.columns.has(from) === true) known.columns.set(to, null);
    this.dropColumn(table, from);
  }

  addConstraint(table: NamedIn, name: string, constraint: Constraint | null): void {
    this.table(table)?.constraints.set(name, constraint);
    if (constraint !== null) nested(this.#constraints, table).set(name, constraint);
    if (constraint?.unique !== undefined) this.#relations.add(`${table.schema}.${name}`);
    this.#constraintNames.add(`${table.schema}.${name}`);
  }

  constraint(table: NamedIn, name: string): Constraint | undefined {
    return this.#constraints.get(keyOf(table))?.get(name);
  }

  hasConstraint(table: NamedIn, name: string): boolean {
    return this.table(table)?.constraints.has(name) === true || this.constraint(table, name) !== undefined;
  }

  dropConstraint(table: NamedIn, name: string): void {
    this.table(table)?.constraints.delete(name);
    this.#constraints.get(keyOf(table))?.delete(name);
    this.#constraintNames.delete(`${table.schema}.${name}`);
    this.#relations.delete(`${table.schema}.${name}`);
  }

  addIndex(index: NamedIn, table: NamedIn): void {
    this.#indexes.set(keyOf(index), table);
    this.#relations.add(keyOf(index));
  }

  /** The table of an index. */
  index(index: NamedIn): NamedIn | undefined {
    return this.#indexes.get(keyOf(index));
  }

  dropIndex(index: NamedIn): void {
    this.#indexes.delete(keyOf(index));
    this.#relations.delete(keyOf(index));
  }

  renameIndex(from: NamedIn, to: NamedIn): void {
    const table = this.#indexes.get(keyOf(from));
    this.dropIndex(from);
    if (table !== undefined) this.addIndex(to, table);
  }

  /** Views, sequences, types, functions: `view`, `type`, ... */
  addObject(kind: string, { schema, name }: NamedIn): void {
    this.#objects.add(`${kind} ${schema}.${name}`);
    if (kind === 'view' || kind === 'sequence') this.#relations.add(`${schema}.${name}`);
  }

  hasObject(kind: string, { schema, name }: NamedIn): boolean {
    return this.#objects.has(`${kind} ${schema}.${name}`);
  }

  dropObject(kind: string, { schema, name }: NamedIn): void {
    this.#objects.delete(`${kind} ${schema}.${name}`);
    if (kind === 'view' || kind === 'sequence') this.#relations.delete(`${schema}.${name}`);
  }

  /** A name for an index, a sequence or a constraint with an index, as PostgreSQL would choose it. */
  freeRelation(table: NamedIn, second: string | null, label: string): string {
    const isTaken = (name: string): boolean => this.#relations.has(`${table.schema}.${name}`);
    const name = freeName(table.name, second, label, isTaken);
    this.#relations.add(`${table.schema}.${name}`);
    return name;
  }

  /** The same for checks and foreign keys. */
  freeConstraint(table: NamedIn, second: string | null, label: string): string {
    const name = freeName(table.name, second, label, (taken) => this.#constraintNames.has(`${table.schema}.${taken}`));
    this.#constraintNames.add(`${table.schema}.${name}`);
    return name;
  }
}

function keyOf({ schema, name }: NamedIn): string {
  return `${schema}.${name}`;
}

function nested<Value>(map: Map<string, Map<string, Value>>, table: NamedIn): Map<string, Value> {
  const inner = map.get(keyOf(table)) ?? new Map<string, Value>();
  map.set(keyOf(table), inner);
  return inner;
}
