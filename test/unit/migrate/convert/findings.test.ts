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

test('a command of psql is called one', () => {
  expect(convert('\\i other.sql').findings[0]!.fix).toBe(
    'Remove it: this is a command of psql, which no server knows.',
  );
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
