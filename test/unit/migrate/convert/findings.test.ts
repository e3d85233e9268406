import { expect, test } from 'vitest';
import { parseYaml } from '../../../../src/desired/yaml/parse-yaml.ts';
import { formatMigration } from '../../../../src/migrate/convert/migration-text.ts';
import { convert, parser } from '../../../support/migrate/convert.ts';

const errors: readonly (readonly [sql: string, code: string, line: number, col: number])[] = [
  ['CREATE TABLE é😀 (a int,\n  b int int);', 'THM7300', 2, 9],
  [`ALTER TABLE t ADD a text DEFAULT 'x`, 'THM7300', 1, 34],
  ['CREATE TABLE t (a int)\n\\connect other', 'THM7300', 2, 1],
  ['CREATE TABLE t (a int);\0', 'THM7300', 1, 24],
  ['-- nothing\n', 'THM7305', 1, 1],
  ['', 'THM7305', 1, 1],
  ['BEGIN; COMMIT', 'THM7305', 1, 1],
  ['BEGIN; DROP TABLE t;\nROLLBACK', 'THM7306', 2, 1],
  ['SET search_path TO billing; CREATE TABLE t (a int)', 'THM7307', 1, 1],
  [`SELECT pg_catalog.set_config('search_path', 'billing, public', false); DROP TABLE t`, 'THM7307', 1, 1],
  ['-- +goose Up\nCREATE TABLE t (a int);\n-- +goose Down\nDROP TABLE t', 'THM7309', 3, 1],
  ['-- migrate:up\nDROP TABLE t;\n\n-- migrate:down\nCREATE TABLE t (a int)', 'THM7309', 4, 1],
  ['DROP TABLE u;\nCOPY t FROM STDIN', 'THM7310', 2, 1],
  [`CREATE TABLE t (a int);\nALTER ROLE app PASSWORD 'x'`, 'THM7311', 2, 25],
  [`CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password 'x')`, 'THM7311', 1, 64],
  [`CREATE SUBSCRIPTION s CONNECTION 'host=h password=x' PUBLICATION p`, 'THM7311', 1, 34],
  ['SET standard_conforming_strings = off; DROP TABLE t', 'THM7312', 1, 1],
];

test.each(errors)('%j is an error', (sql, code, line, col) => {
  const error = convert(sql).findings.find(({ severity }) => severity === 'error');
  expect([error?.code, error?.source]).toEqual([code, expect.objectContaining({ file: 'a.sql', line, col })]);
});

test('an error of syntax shows the line with a caret under the word', () => {
  expect(convert('CREATE TABLE t (\n  a int,\n  b intt t\n);').findings[0]).toMatchObject({
    summary: 'PostgreSQL does not read this: syntax error at or near "t".',
    frame: '  2 |   a int,\n> 3 |   b intt t\n    |          ^\n  4 | );',
  });
});

const fixes: readonly (readonly [sql: string, fix: string])[] = [
  ['\\i other.sql', 'Remove it: this is a command of psql, which no server knows.'],
  [`SELECT 'DROP TABLE t' \\gexec`, 'Remove it: this is a command of psql, which no server knows.'],
  ['COPY t FROM stdin;\n1\t2\n\\.\n', 'Remove COPY and its rows: a migration changes the schema.'],
  ['CREATE TABLE ${schema}.t (a int)', 'Write the value here: a tool would put it in place of this name'],
  ['COPY t FROM stdin;\n\\.\nDROP TABEL t', 'Remove COPY and its rows: a migration changes the schema.'],
  ['DROP TABEL t', 'Correct it: nothing is converted of a script that PostgreSQL would not read.'],
];

test.each(fixes)('what to do about %j is said', (sql, fix) => {
  expect(convert(sql).findings[0]).toMatchObject({ code: 'THM7300', fix: expect.stringContaining(fix) });
});

test('what pg_dump puts around a script for psql is left out, and every place stays', () => {
  const { operations, findings } = convert('\\restrict a1B\n\nDROP TABLE t;\n\n\\unrestrict a1B\n');
  expect(operations.map(({ operation, source }) => [operation, source.line])).toEqual([
    [{ dropTable: { table: 't' } }, 3],
  ]);
  expect(findings.map(({ code, source }) => [code, source?.line])).toEqual([
    ['THM7302', 1],
    ['THM7302', 5],
  ]);
});

test('a comment of a tool inside of a text begins nothing', () => {
  expect(
    convert(`COMMENT ON TABLE t IS 'x\n-- migrate:down\n'; DROP TABLE t; -- migrate:down`).findings,
  ).not.toContainEqual(expect.objectContaining({ code: 'THM7309' }));
});

test.each([
  `CREATE ROLE a VALID UNTIL 'infinity'`,
  'ALTER ROLE a PASSWORD NULL',
  `ALTER SERVER s OPTIONS (SET password_required 'false')`,
  `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ UPDATE users SET password = 'x' $$`,
  `COMMENT ON TABLE t IS 'https://example.org/a:b@c'`,
  `ALTER TABLE t ADD password text DEFAULT 'x'`,
])('%s says no secret', (sql) => {
  expect(convert(sql).findings.filter(({ code }) => code === 'THM7311')).toEqual([]);
});

test('no finding shows a secret', () => {
  const secret = 'hunter2';
  const script = [
    `CREATE ROLE a LOGIN PASSWORD '${secret}'`,
    'VACUUM t',
    `DO $$ BEGIN CREATE ROLE b PASSWORD '${secret}'; END $$`,
    `SELECT dblink_connect('host=h user=u password=${secret}')`,
    `SELECT dblink_connect('postgresql://u:${secret}@h/d')`,
  ];
  const { findings } = convert(script.join(';\n'));
  expect(findings.filter(({ code }) => code === 'THM7311').map(({ severity }) => severity)).toEqual([
    'error',
    'warning',
    'warning',
    'warning',
  ]);
  expect(JSON.stringify(findings)).not.toContain(secret);
  expect(JSON.stringify(convert(`CREATE ROLE a PASSWORD '${secret}';\nDROP TABEL t`).findings)).not.toContain(secret);
});

test('offsets are of the text, whatever its characters', () => {
  const parsed = parser.parse(`-- é\n/* 😀 */ DROP TABLE "😀"; DROP TABLE é -- x\n;`);
  if ('message' in parsed) throw new Error(parsed.message);
  expect(parsed.statements.map(({ range }) => range)).toEqual([
    { offset: 14, length: 15 },
    { offset: 31, length: 12 },
  ]);
  expect(parsed.tokens.map(({ value }) => value)).toEqual(['drop', 'table', '😀', ';', 'drop', 'table', 'é', ';']);
});

test('the Migration names the lines that its operations come from, and reads back as it was', () => {
  const script = `CREATE TABLE t (a text DEFAULT 'yes');\n\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT 1 -- one\t\n$$;`;
  const head = { name: 'a', database: 'orders', schemaVersion: 5, release: { themisdb: '>=1.5.0' } };
  const { migration, text } = formatMigration(head, convert(script).operations, 'a.sql');
  expect(text).toContain('    # line 1\n    - createTable:\n');
  expect(text).toContain('    # line 3: there is no operation for it\n    - rawSql:\n');
  expect(text).toContain('    themisdb: ">=1.5.0"\n');
  expect(parseYaml({ path: 'a.yaml', text }).documents.map(({ value }) => value)).toEqual([migration]);
});
