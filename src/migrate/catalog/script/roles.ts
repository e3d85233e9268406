/** Roles that a catalog speaks of: they lie beside databases, and nothing that names one can be made without it. */
import type { Catalog, Owned } from '../../../model/schema/catalog.ts';
import { identifier, literal } from '../../sql/quote.ts';
import type { ScriptStatement } from './statement.ts';

/** Each of them as a role that may nothing; one that is there stays as it is. */
export function rolesScript(catalog: Catalog): readonly ScriptStatement[] {
  return [...rolesOf(catalog)].map((role) => ({
    what: `role ${role}`,
    sql: `DO ${literal(`BEGIN CREATE ROLE ${identifier(role)}; EXCEPTION WHEN duplicate_object THEN NULL; END`)}`,
  }));
}

/** Without those of the system. */
function rolesOf({ schemas, tables, views, enums, types, sequences, functions }: Catalog): ReadonlySet<string> {
  const owned: readonly Owned[] = [...schemas, ...tables, ...views, ...enums, ...types, ...sequences, ...functions];
  const roles = new Set([
    ...owned.map(({ owner }) => owner),
    ...tables.flatMap(({ statistics }) => statistics.map(({ owner }) => owner)),
    ...owned.flatMap(({ grants }) => grants.flatMap((grant) => namesAfter(grant, grant.lastIndexOf(' TO ')))),
    ...tables.flatMap(({ policies }) =>
      policies.flatMap(({ definition }) => namesAfter(definition, definition.search(/ TO (?:"|\w)/u))),
    ),
  ]);
  return new Set([...roles].filter((role) => role !== 'PUBLIC' && !role.startsWith('pg_')));
}

/** The list of names that follows ` TO `. */
function namesAfter(statement: string, at: number): readonly string[] {
  if (at < 0) return [];
  const name = /\s*("(?:[^"]|"")+"|[^\s",()]+)(,)?/uy;
  const names: string[] = [];
  name.lastIndex = at + ' TO '.length;
  for (let found = name.exec(statement); found !== null; found = name.exec(statement)) {
    const [, text = '', comma] = found;
    names.push(text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
    if (comma === undefined) break;
  }
  return names;
}
