import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nowMs } from '../support/pki.ts';
import { type Ran, runCommand } from '../support/run-command.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'themis-convert-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function convert(sql: string | Uint8Array, ...more: string[]): Promise<Ran> {
  await writeFile(join(root, 'V5__Add Phone.sql'), sql);
  const line = ['migrate', 'convert', 'V5__Add Phone.sql', '--database', 'orders', '--schema-version', '5', ...more];
  return await runCommand(root, line, nowMs, {});
}

const document = `# Converted by "themis migrate convert" from V5__Add Phone.sql.

apiVersion: themis.dev/v1
kind: Migration
metadata:
  name: v5-add-phone
spec:
  database: orders
  schemaVersion: 5
  release:
    themisdb: ">=1.5.0"
  operations:
    # line 1
    - addColumn:
        table: users
        column:
          name: phone
          type: varchar(20)
    # line 2: there is no operation for it
    - rawSql:
        up: CREATE SEQUENCE s
        down: DROP SEQUENCE "public"."s"
`;

test('the document goes to stdout, what was kept and the summary to stderr', async () => {
  const sql = 'ALTER TABLE users ADD phone varchar(20);\nCREATE SEQUENCE s;\n';
  const { exitCode, out, err } = await convert(sql, '--release', 'themisdb=>=1.5.0');
  expect([exitCode, out]).toEqual([0, document]);
  expect(err).toMatch(/^V5__Add Phone\.sql:2:1 info THM7301\n/u);
  expect(err).toMatch(/\nConverted into 2 operations, 1 of them rawSql\.\n$/u);
});

test('or into a file, that is not there yet', async () => {
  const sql = 'ALTER TABLE users ADD phone varchar(20);\nCREATE SEQUENCE s;\n';
  const more = ['--release', 'themisdb=>=1.5.0', '--out', 'm.yaml'];
  const first = await convert(sql, ...more);
  expect([first.exitCode, first.out]).toEqual([0, '']);
  expect(await readFile(join(root, 'm.yaml'), 'utf8')).toBe(document);
  const second = await convert('DROP TABLE t', ...more);
  expect([second.exitCode, second.error?.code]).toEqual([64, 'USAGE']);
  expect(await readFile(join(root, 'm.yaml'), 'utf8')).toBe(document);
});

test('a script that PostgreSQL does not read makes no document', async () => {
  const { exitCode, out, err } = await convert('ALTER TABEL t ADD a int', '--out', 'm.yaml');
  expect([exitCode, out]).toEqual([3, '']);
  expect(err).toMatch(/^V5__Add Phone\.sql:1:7 error THM7300\n/u);
  await expect(readFile(join(root, 'm.yaml'))).rejects.toThrow(/ENOENT/u);
});

test('a script that is not UTF-8 makes no document: its texts would be changed', async () => {
  const { exitCode, out, err } = await convert(
    Buffer.from(`-- x\nALTER TABLE t ADD a text DEFAULT 'caf\u00e9'`, 'latin1'),
  );
  expect([exitCode, out]).toEqual([3, '']);
  expect(err).toMatch(/^V5__Add Phone\.sql:2:38 error THM7308\n/u);
});

test('what the schema of Migration does not take is not written', async () => {
  const { exitCode, out, err } = await convert('DROP TABLE t', '--name', 'Not A Name', '--release', 'db=soon');
  expect([exitCode, out]).toEqual([3, '']);
  expect(err).toMatch(/THM1107[\s\S]*THM1115/u);
});

test('a release without a range, and a script that is not there, are refused', async () => {
  expect((await convert('DROP TABLE t', '--release', 'themisdb')).error?.code).toBe('USAGE');
  const line = ['migrate', 'convert', 'none.sql', '--database', 'orders', '--schema-version', '5'];
  expect((await runCommand(root, line, nowMs, {})).error?.code).toBe('NOT_FOUND');
});
