/** Every script of the corpus, run as it is and converted: the two databases say the same of their schemas. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkSchema } from '../../../../src/desired/schema/check-schema.ts';
import { parseYaml } from '../../../../src/desired/yaml/parse-yaml.ts';
import { catalogDifference } from '../../../../src/migrate/catalog/catalog-difference.ts';
import { readCatalog } from '../../../../src/migrate/catalog/read-catalog.ts';
import { formatMigration } from '../../../../src/migrate/convert/migration-text.ts';
import type { Migration, Operation } from '../../../../src/model/documents.ts';
import type { Database } from '../../../../src/ports/schema/database.ts';
import type { ParsedSql } from '../../../../src/ports/schema/sql-parser.ts';
import { openMemory } from '../../../support/database/memory.ts';
import { convert, parser } from '../../../support/migrate/convert.ts';
import { runMigration } from '../../../support/migrate/run-migration.ts';

const corpus = join(import.meta.dirname, 'corpus');
const files = readdirSync(corpus).filter((name) => name.endsWith('.sql'));
const head = { name: 'converted', database: 'orders', schemaVersion: 1, release: { themisdb: '>=1.5.0' } };

function scriptOf(name: string): { readonly path: string; readonly text: string } {
  return { path: name, text: readFileSync(join(corpus, name), 'utf8') };
}

function statementsOf(text: string): readonly string[] {
  const { statements } = parser.parse(text) as ParsedSql;
  return statements.map(({ range }) => text.slice(range.offset, range.offset + range.length));
}

test('the corpus has more than four hundred statements of DDL', () => {
  const dml = /^(?:insert|update|delete|select|set|reset|begin|commit|savepoint|release|lock|do)\b/iu;
  const all = files.flatMap((name) => statementsOf(scriptOf(name).text));
  expect(all.filter((sql) => !dml.test(sql)).length).toBeGreaterThan(400);
});

test.each(files)(
  '%s, converted and carried out, gives the catalog of the script, and undos that are certain undo',
  async (name) => {
    const { operations } = readBack(name);
    const [original, converted] = [await database(), await database()];
    await original.use(async (session) => {
      // One after the other: some run outside of a transaction only.
      for (const sql of statementsOf(scriptOf(name).text)) await session.query(sql);
    });
    expect(await converted.use(async (session) => await runMigration(session, operations, hasUndo))).toEqual([]);
    expect(catalogDifference(await original.use(readCatalog), await converted.use(readCatalog))).toEqual([]);
  },
);

/** What goes with its table, or leaves nothing, is taken back by a SELECT. */
function hasUndo({ rawSql }: Operation): boolean {
  return rawSql?.down?.startsWith('SELECT') === false;
}

const opened: Database[] = [];

async function database(): Promise<Database> {
  const made = await openMemory();
  opened.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

/** The operations as whoever reads the file has them. */
function readBack(name: string): Migration['spec'] {
  const { operations } = convert(scriptOf(name).text);
  const { migration, text } = formatMigration(head, operations, name);
  const { documents, problems } = parseYaml({ path: 'migration.yaml', text });
  expect(problems).toEqual([]);
  expect(documents.flatMap((document) => checkSchema(document).problems)).toEqual([]);
  expect(documents.map(({ value }) => value)).toEqual([migration]);
  return migration.spec;
}
