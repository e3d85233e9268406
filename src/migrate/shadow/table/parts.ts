/** What belongs to a table beside its rows, as statements that take it away and give it: of the table with the name. */
import type {
  CatalogConstraint,
  CatalogSequence,
  CatalogTable,
  CatalogTrigger,
} from '../../../model/schema/catalog.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { shown } from '../../find.ts';
import { besidesDefinition } from '../../sql/index-definition.ts';
import { identifier, literal, qualified } from '../../sql/quote.ts';
import { statisticsScript } from '../../sql/statistics.ts';
import { addingForNew } from '../../steps/constraint.ts';
import { commentOn } from '../comment.ts';
import { revokeDefaults } from '../guards.ts';
import { tableParts, type TablePart, type TableShadow } from './one-table.ts';
import { plainType } from '../conversion.ts';

export interface ForeignKeyOf {
  readonly table: NamedIn;
  readonly key: CatalogConstraint;
}

/** Of the table, and of others that point to it. */
export function foreignKeys({ table, world }: Pick<TableShadow, 'table' | 'world'>): readonly ForeignKeyOf[] {
  return world.catalog.tables.flatMap((other) =>
    other.constraints
      .filter(({ kind, references }) => kind === 'foreignKey' && (other === table || references === shown(table)))
      .map((key) => ({ table: { schema: other.schema, name: other.name }, key })),
  );
}

export function addForeignKey({ table, key }: ForeignKeyOf): readonly string[] {
  return [
    addingForNew(table, key.name, key.definition),
    ...commentOn(`CONSTRAINT ${identifier(key.name)} ON ${qualified(table)}`, key.comment),
  ];
}

export function dropForeignKey({ table, key }: ForeignKeyOf): string {
  return `ALTER TABLE ${qualified(table)} DROP CONSTRAINT IF EXISTS ${identifier(key.name)}`;
}

/** Gives an index, or the constraint that it serves, another name. */
export function renamePart(table: NamedIn, { constraint }: TablePart, from: string, to: string): string {
  return constraint === null
    ? `ALTER INDEX ${qualified({ schema: table.schema, name: from })} RENAME TO ${identifier(to)}`
    : `ALTER TABLE ${qualified(table)} RENAME CONSTRAINT ${identifier(from)} TO ${identifier(to)}`;
}

export function partName({ index, constraint }: TablePart): string {
  return constraint?.name ?? index.name;
}

export function dropStatistics({ statistics }: CatalogTable): readonly string[] {
  return statistics.map((each) => `DROP STATISTICS IF EXISTS ${qualified(each)}`);
}

export function createStatistics({ statistics }: CatalogTable): readonly string[] {
  return statistics.flatMap((each) => [
    ...statisticsScript(each),
    ...commentOn(`STATISTICS ${qualified(each)}`, each.comment),
  ]);
}

/** Triggers, policies, rights and what is said of the parts: for a table that has the name but none of it yet. */
export function dress(shadow: TableShadow): readonly string[] {
  const { table } = shadow;
  const alter = `ALTER TABLE ${qualified(table)}`;
  return [
    ...table.grants,
    ...(table.rowSecurity ? [`${alter} ENABLE ROW LEVEL SECURITY`] : []),
    ...table.policies.flatMap(({ name, definition, comment }) => [
      definition,
      ...commentOn(`POLICY ${identifier(name)} ON ${qualified(table)}`, comment),
    ]),
    ...table.triggers.flatMap((trigger) => [
      trigger.definition,
      ...(trigger.fires === 'origin' ? [] : [firing(table, trigger)]),
      ...commentOn(`TRIGGER ${identifier(trigger.name)} ON ${qualified(table)}`, trigger.comment),
    ]),
    ...tableParts(shadow).flatMap(({ index, constraint }) => [
      ...besidesDefinition(table, index),
      ...(constraint === null
        ? []
        : commentOn(`CONSTRAINT ${identifier(constraint.name)} ON ${qualified(table)}`, constraint.comment)),
    ]),
    ...(table.replicaIdentity === 'DEFAULT' ? [] : [`${alter} REPLICA IDENTITY ${table.replicaIdentity}`]),
  ];
}

/** When a trigger fires, as it was before all of them were kept from it. */
export function firing(table: NamedIn, { name, fires }: CatalogTrigger): string {
  const how = { origin: 'ENABLE', replica: 'ENABLE REPLICA', always: 'ENABLE ALWAYS', never: 'DISABLE' }[fires];
  return `ALTER TABLE ${qualified(table)} ${how} TRIGGER ${identifier(name)}`;
}

interface OwnSequence {
  readonly sequence: CatalogSequence;
  readonly column: string;
}

export function ownSequences({ table, world }: TableShadow, identity: boolean): readonly OwnSequence[] {
  const place = `${shown(table)}.`;
  return world.catalog.sequences
    .filter((sequence) => sequence.identity === identity && sequence.ownedBy?.startsWith(place) === true)
    .map((sequence) => ({ sequence, column: sequence.ownedBy!.slice(place.length) }));
}

/** A sequence that is a column's own goes with the table it counts for. */
export function ownSequence(shadow: TableShadow): readonly string[] {
  return ownSequences(shadow, false).map(
    ({ sequence, column }) =>
      `ALTER SEQUENCE ${qualified(sequence)} OWNED BY ${qualified(shadow.table)}.${identifier(column)}`,
  );
}

/** Goes on counting where another one stands. */
export function countOn(sequence: NamedIn, from: NamedIn): string {
  return `SELECT setval(${literal(qualified(sequence))}, last_value, is_called) FROM ${qualified(from)}`;
}

export function renameSequence({ schema, name }: NamedIn, to: string): string {
  return `ALTER SEQUENCE ${qualified({ schema, name })} RENAME TO ${identifier(to)}`;
}

/** An identity like the one of the old form, in the table with the name; its type is the column's. */
export function addIdentity(shadow: TableShadow, { sequence, column }: OwnSequence): readonly string[] {
  const { table, conversion } = shadow;
  const identity = table.columns.find(({ name }) => name === column)?.identity === 'always' ? 'ALWAYS' : 'BY DEFAULT';
  const type = sequence.definition.split(' ', 1)[0]!;
  const options = sequence.definition.slice(type.length + 1);
  const kept = column === conversion.column ? withoutLimits(options, type) : options;
  return [
    `ALTER TABLE ${qualified(table)} ALTER COLUMN ${identifier(column)} ADD GENERATED ${identity} AS IDENTITY (SEQUENCE NAME ${qualified(sequence)} ${kept})`,
    revokeDefaults(sequence),
    ...sequence.grants,
    ...commentOn(`SEQUENCE ${qualified(sequence)}`, sequence.comment),
  ];
}

/** Limits that were those of the old type become those of the new one, as ALTER TYPE does it. */
function withoutLimits(options: string, type: string): string {
  const [smallest, largest] = limits[plainType(type).name] ?? ['', ''];
  return options.replace(` MINVALUE ${smallest} `, ' ').replace(` MAXVALUE ${largest} `, ' ');
}

const limits: Readonly<Record<string, readonly [string, string]>> = {
  smallint: ['-32768', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
};
