/** Reading PostgreSQL's tree: a node is a map with one field, which is its kind. */
import type { RangeVar } from 'libpg-query';
import type { NamedIn } from '../../model/schema/schema-step.ts';
import type { SqlNode } from '../../ports/schema/sql-parser.ts';
import { identifier } from '../sql/quote.ts';

export function fieldsOf(node: SqlNode): { readonly kind: string; readonly fields: Readonly<Record<string, unknown>> } {
  const [[kind, fields]] = Object.entries(node) as [[string, Record<string, unknown>]];
  return { kind, fields };
}

export function stringOf(node: SqlNode | undefined): string | undefined {
  return node !== undefined && 'String' in node ? (node.String.sval ?? '') : undefined;
}

export function namesOf(nodes: readonly SqlNode[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => stringOf(node) ?? []);
}

export function lastName(nodes: readonly SqlNode[] | undefined): string | undefined {
  return namesOf(nodes).at(-1);
}

/** Names that are looked up by the search path are taken to lie in `public`, as a Migration takes them. */
export const defaultSchema = 'public';

export function relationOf(relation: RangeVar | undefined): NamedIn {
  return { schema: relation?.schemaname ?? defaultSchema, name: relation?.relname ?? '' };
}

/** `a.b` of a list of names: the last two. */
export function namedIn(names: readonly string[]): NamedIn {
  return { schema: names.at(-2) ?? defaultSchema, name: names.at(-1) ?? '' };
}

/** How a document writes a table; undefined where its pattern has no room for the name. */
export function documentTable({ schema, name }: NamedIn): string | undefined {
  const written = schema === defaultSchema ? name : `${schema}.${name}`;
  const isPlain = [schema, name].every((part) => /^[^\s.]+$/u.test(part));
  return isPlain && !schema.startsWith('pg_temp') ? written : undefined;
}

export const noRoomForName = 'a table of a document cannot have a dot or a space in its name';

/** Of a script: without the schema where it had none. */
export function writtenName(names: readonly string[]): string {
  return names.map(identifier).join('.');
}

export function writtenRelation(relation: RangeVar | undefined): string {
  const { schemaname, relname = '' } = relation ?? {};
  return writtenName(schemaname === undefined ? [relname] : [schemaname, relname]);
}

/** Of what a statement is about: `a.b`, `a.b(int)`, a relation or a type. */
export function objectNames(node: SqlNode | undefined): string[] {
  if (node === undefined) return [];
  if ('RangeVar' in node) {
    const { schema, name } = relationOf(node.RangeVar);
    return [schema, name];
  }
  const { kind, fields } = fieldsOf(node);
  const key = { List: 'items', TypeName: 'names', ObjectWithArgs: 'objname' }[kind];
  if (key !== undefined) return namesOf(fields[key] as SqlNode[] | undefined);
  return kind === 'String' ? [(fields['sval'] as string | undefined) ?? ''] : [];
}

/** `*`, TABLE t, or a table or its alias where a value stands: whatever columns there are. */
export function readsWholeRows(node: SqlNode): boolean {
  const relations = new Set<unknown>();
  const values = new Set<string>();
  let hasStar = false;
  const waiting: unknown[] = [node];
  for (const tree of waiting) {
    if (typeof tree !== 'object' || tree === null) continue;
    for (const [key, value] of Object.entries(tree)) {
      waiting.push(value);
      if (key === 'A_Star') hasStar = true;
      if (key === 'relname' || key === 'aliasname') relations.add(value);
      const fields = key === 'ColumnRef' ? namesOf((value as { fields?: SqlNode[] }).fields) : [];
      if (fields.length === 1) values.add(fields[0]!);
    }
  }
  return hasStar || [...values].some((name) => relations.has(name));
}
