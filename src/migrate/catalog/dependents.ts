/** Who reads a table or one of its columns: what stands in the way of an operation that changes either. */
import type { Catalog } from '../../model/schema/catalog.ts';
import type { NamedIn } from '../../model/schema/schema-step.ts';
import { findTable } from '../find.ts';

export interface Dependent {
  /** `column`: of another relation, whose type is the table's row. */
  readonly kind: 'view' | 'materialized view' | 'rule' | 'policy' | 'function' | 'column';
  /** `public.active_users`; of rules, policies and columns with the table: `public.users.tenant_only`. */
  readonly place: string;
  /** PostgreSQL keeps the dependency. False: a function whose text has the name in it, which may mean something else. */
  readonly certain: boolean;
}

/**
 * Direct ones only: a view on a view reads the view. Policies and rules of the table itself are among them. With a column, whoever
 * reads rows without naming it (`count(*)`) is not, and whoever keeps a whole row as a value is.
 */
export function dependentsOf(catalog: Catalog, table: NamedIn, column?: string): readonly Dependent[] {
  const place = `${table.schema}.${table.name}`;
  const isRead = (read: string): boolean =>
    column === undefined ? read === place || read.startsWith(`${place}.`) : read === `${place}.${column}`;
  const certain = (kind: Dependent['kind'], at: string): Dependent => ({ kind, place: at, certain: true });
  const relations = [...catalog.tables, ...catalog.views];
  return [
    ...catalog.views
      .filter(({ reads }) => reads.some(isRead))
      .map((view) => certain(view.materialized ? 'materialized view' : 'view', `${view.schema}.${view.name}`)),
    ...relations.flatMap(({ schema, name, rules }) =>
      rules.filter(({ reads }) => reads.some(isRead)).map((rule) => certain('rule', `${schema}.${name}.${rule.name}`)),
    ),
    ...catalog.tables.flatMap(({ schema, name, policies }) =>
      policies
        .filter(({ reads }) => reads.some(isRead))
        .map((policy) => certain('policy', `${schema}.${name}.${policy.name}`)),
    ),
    ...functionsThatRead(catalog, table, column, isRead),
    ...relations.flatMap(({ schema, name, columns }) =>
      columns
        .filter(({ type }) => isRowOf(table, type))
        .map((own) => certain('column', `${schema}.${name}.${own.name}`)),
    ),
  ];
}

function functionsThatRead(
  catalog: Catalog,
  table: NamedIn,
  column: string | undefined,
  isRead: (read: string) => boolean,
): readonly Dependent[] {
  const ofTriggers = new Set(findTable(catalog, table)?.triggers.map(({ calls }) => calls));
  return catalog.functions.flatMap(({ schema, name, definition, reads }): readonly Dependent[] => {
    const place = `${schema}.${name}`;
    if (reads.length > 0) return reads.some(isRead) ? [{ kind: 'function', place, certain: true }] : [];
    // The function of a trigger knows the table as NEW and OLD.
    const isAbout = ofTriggers.has(place) || mentions(definition, table.name);
    const isMentioned = isAbout && (column === undefined || mentions(definition, column));
    return isMentioned ? [{ kind: 'function', place, certain: false }] : [];
  });
}

/** As a word of its own; letters of a name that need no quotes may be of either case. */
function mentions(text: string, name: string): boolean {
  const word = RegExp.escape(name);
  return new RegExp(
    `(?<![\\w$])${word}(?![\\w$])`,
    /^[a-z_][\w$]*$/u.test(name) && name === name.toLowerCase() ? 'iu' : 'u',
  ).test(text);
}

/** `public.users`, `public."Users"[]`. */
function isRowOf({ schema, name }: NamedIn, type: string): boolean {
  const parts = /^("(?:[^"]|"")+"|[^".[]+)\.("(?:[^"]|"")+"|[^".[]+)(?:\[\])*$/u.exec(type);
  const plain = (part = ''): string => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part);
  return parts !== null && plain(parts[1]) === schema && plain(parts[2]) === name;
}
