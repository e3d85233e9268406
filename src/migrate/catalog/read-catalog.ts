/** Reads what a database says its schema is, in one statement: of one moment, and of one way to the server and back. */
import { compareText } from '../../kernel/finding.ts';
import type { Catalog } from '../../model/schema/catalog.ts';
import type { DatabaseSession } from '../../ports/schema/database.ts';
import { functionsSql } from './functions.ts';
import {
  columnsSql,
  constraintsSql,
  indexesSql,
  policiesSql,
  rulesSql,
  statisticsSql,
  triggersSql,
} from './relation-parts.ts';
import { sequencesSql, tablesSql, viewsSql } from './relations.ts';
import { othersSql, schemasSql } from './schemas.ts';
import { enumsSql, typesSql } from './types.ts';

/** The size of a table that is altered is not to be had before that ends. */
const lockTimeoutMs = 10_000;

/** PostgreSQL 14 to 18. In a transaction of its own, so not within one. Throws what the session throws. */
export async function readCatalog(session: DatabaseSession): Promise<Catalog> {
  const rows = await session.transaction({ lockTimeoutMs, statementTimeoutMs: null }, async () => {
    // A statement of many parts, on few rows: to compile it would take longest.
    await session.query('SET LOCAL search_path = pg_catalog; SET LOCAL jit = off');
    const version = await session.query(`SELECT current_setting('server_version_num') AS number`);
    return (await session.query(catalogSql(Number(version.rows[0]?.['number'])))).rows;
  });
  return assemble(rows.map(({ oid, kind, thing }) => ({ oid, kind, thing: JSON.parse(thing ?? 'null') }) as Found));
}

function catalogSql(serverVersionNumber: number): string {
  const selects = [
    tablesSql(serverVersionNumber),
    viewsSql,
    sequencesSql,
    columnsSql,
    constraintsSql,
    indexesSql,
    statisticsSql,
    triggersSql,
    policiesSql,
    rulesSql,
    enumsSql,
    typesSql,
    functionsSql,
    schemasSql,
    othersSql,
  ];
  return `SELECT f.oid::text, f.kind, f.thing::text FROM (${selects.join('\nUNION ALL\n')}) f(oid, kind, thing)`;
}

/** `oid`: its own, or of a part that of its relation. `kind`: the list it belongs to. */
interface Found {
  readonly oid: string;
  readonly kind: string;
  readonly thing: { readonly schema?: string; readonly name: string };
}

const kinds = ['schemas', 'tables', 'views', 'enums', 'types', 'sequences', 'functions'] as const;
const viewParts = ['columns', 'indexes', 'triggers', 'rules'];
const tableParts = [...viewParts, 'constraints', 'statistics', 'policies'];
const partsOf: Readonly<Record<string, readonly string[]>> = { tables: tableParts, views: viewParts };

/** The queries build the things as the model has them. */
function assemble(found: readonly Found[]): Catalog {
  const lists = Map.groupBy(found, ({ kind, oid }) => (tableParts.includes(kind) ? `${kind} ${oid}` : kind));
  const list = (key: string): readonly Found['thing'][] =>
    (lists.get(key) ?? [])
      .map(({ kind, oid, thing }) => {
        const parts = (partsOf[kind] ?? []).map((part) => [part, list(`${part} ${oid}`)]);
        return { ...thing, ...Object.fromEntries(parts) };
      })
      .sort(byName);
  const catalog = {
    ...Object.fromEntries(kinds.map((kind) => [kind, list(kind)])),
    others: list('others').map(({ name }) => name),
  };
  return catalog as unknown as Catalog;
}

function byName(a: Found['thing'], b: Found['thing']): number {
  return compareText(a.schema ?? '', b.schema ?? '') || compareText(a.name, b.name);
}
