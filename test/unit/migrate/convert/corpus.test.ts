import { expect, test } from 'vitest';
import { checkSchema } from '../../../../src/desired/schema/check-schema.ts';
import { parseYaml } from '../../../../src/desired/yaml/parse-yaml.ts';
import { formatMigration } from '../../../../src/migrate/convert/migration-text.ts';
import { convert } from '../../../support/migrate/convert.ts';
import { corpus, scriptOf, statementsOfScript } from '../../../support/migrate/script-corpus.ts';

const head = { name: 'converted', database: 'orders', schemaVersion: 1, release: { themisdb: '>=1.5.0' } };

test('the corpus has more than four hundred statements of DDL', () => {
  const dml = /^(?:insert|update|delete|select|set|reset|begin|commit|savepoint|release|lock|do)\b/iu;
  const all = corpus.flatMap(statementsOfScript);
  expect(all.filter((sql) => !dml.test(sql)).length).toBeGreaterThan(400);
});

test.each(corpus)('%s is a Migration that reads back as it was', (name) => {
  const { migration, text } = formatMigration(head, convert(scriptOf(name)).operations, name);
  const { documents, problems } = parseYaml({ path: 'migration.yaml', text });
  expect(problems).toEqual([]);
  expect(documents.flatMap((document) => checkSchema(document).problems)).toEqual([]);
  expect(documents.map(({ value }) => value)).toEqual([migration]);
});
