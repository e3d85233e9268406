/** Every script of the corpus, run as it is and converted: the two databases say the same of their schemas. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqlParser } from '../../../../src/adapters/sql-parser/libpg-query.ts';
import { checkSchema } from '../../../../src/desired/schema/check-schema.ts';
import { parseYaml } from '../../../../src/desired/yaml/parse-yaml.ts';
import { catalogDifference } from '../../../../src/migrate/catalog/catalog-difference.ts';
import { readCatalog } from '../../../../src/migrate/catalog/read-catalog.ts';
import { convertScript } from '../../../../src/migrate/convert/convert.ts';
import { formatMigration } from '../../../../src/migrate/convert/migration-text.ts';
import type { Migration } from '../../../../src/model/documents.ts';
import type { ParsedSql, SqlParser } from '../../../../src/ports/sql-parser.ts';
import { embeddedWith } from '../../../support/migrate/embedded.ts';
import { runMigration } from '../../../support/migrate/run-migration.ts';

const corpus = join(import.meta.dirname, 'corpus');
const files = readdirSync(corpus).filter((name) => name.endsWith('.sql'));
const parser = await openSqlParser();
const head = { name: 'converted', database: 'orders', schemaVersion: 1, release: { themisdb: '>=1.5.0' } };

function scriptOf(name: string): { readonly path: string; readonly text: string } {
  return { path: name, text: readFileSync(join(corpus, name), 'utf8') };
}

function statementsOf(text: string, { parse }: SqlParser): readonly string[] {
  const { statements } = parse(text) as ParsedSql;
  return statements.map(({ range }) => text.slice(range.offset, range.offset + range.length));
}

test('the corpus has more than two hundred and twenty statements of DDL', () => {
  const dml = /^(?:insert|update|delete|select|set|reset|begin|commit|savepoint|release|lock|do)\b/iu;
  const all = files.flatMap((name) => statementsOf(scriptOf(name).text, parser));
  expect(all.filter((sql) => !dml.test(sql)).length).toBeGreaterThan(400);
});

test.each(files)('%s, converted and carried out, gives the catalog of the script', async (name) => {
  const { operations } = readBack(name);
  // One after the other: some run outside of a transaction only.
  const original = await embeddedWith(statementsOf(scriptOf(name).text, parser));
  const converted = await embeddedWith([]);
  try {
    await converted.use(async (session) => await runMigration(session, operations));
    expect(catalogDifference(await original.use(readCatalog), await converted.use(readCatalog))).toEqual([]);
  } finally {
    await Promise.all([original.close(), converted.close()]);
  }
});

/** The operations as whoever reads the file has them. */
function readBack(name: string): Migration['spec'] {
  const { operations } = convertScript(scriptOf(name), parser);
  const { migration, text } = formatMigration(head, operations, name);
  const { documents, problems } = parseYaml({ path: 'migration.yaml', text });
  expect(problems).toEqual([]);
  expect(documents.flatMap((document) => checkSchema(document).problems)).toEqual([]);
  expect(documents.map(({ value }) => value)).toEqual([migration]);
  return migration.spec;
}
