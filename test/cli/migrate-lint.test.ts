import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqlParser } from '../../src/adapters/sql-parser/libpg-query.ts';
import { lintMigrations } from '../../src/apps/cli/databases/lint-migrations.ts';
import { desiredOf, document, goodFleet } from '../support/findings-of.ts';
import { catalogOf, tableNamed } from '../support/migrate/catalogs.ts';
import { encodeSnapshot } from '../../src/observe/snapshot.ts';
import type { ReleaseManifest } from '../../src/model/release.ts';
import { release, simpleFleet } from '../support/fleet-fixture.ts';
import { newRepository, writeTree } from '../support/real-repository.ts';
import { runCommand } from '../support/run-command.ts';

const database = document('Database', 'orders', 'urlFrom: { env: ORDERS_URL }\n');
const embedded = document('Database', 'orders', 'pglite: { directory: ./db }\n');
const head = 'database: orders\nschemaVersion: 5\nrelease: { themisdb: ">=1.5.0" }\n';

function migration(operations: string, more = ''): string {
  return document('Migration', 'change-users', `${head}${more}operations:\n${operations}`);
}

const unsafe = migration(`  - addColumn: { table: users, column: { name: phone, type: text } }
  - rawSql:
      up: CREATE INDEX by_phone ON users (phone)
      down: DROP INDEX CONCURRENTLY by_phone
`);
const safe = migration('  - addColumn: { table: users, column: { name: phone, type: text } }\n');

const noReleases = JSON.stringify({
  formatVersion: '1.0',
  product: 'themisdb',
  counter: 1,
  generatedAt: '2026-11-01T00:00:00Z',
  expiresAt: '2027-11-01T00:00:00Z',
  entries: [],
  deltas: [],
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-lint-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(files: Record<string, string>): void {
  writeTree(directory, {
    'fleet.yaml': goodFleet,
    'database.yaml': database,
    'releases/index.json': noReleases,
    ...files,
  });
}

test('a migration that is safe ends with 0 and a summary', async () => {
  write({ 'a.yaml': safe });
  const { exitCode, out } = await runCommand(directory, ['migrate', 'lint']);
  expect([exitCode, out]).toEqual([0, '1 migration checked, nothing found.\n']);
});

test('an unsafe operation ends with 3, and is shown where it stands with the safe one', async () => {
  write({ 'a.yaml': unsafe });
  const { exitCode, out } = await runCommand(directory, ['migrate', 'lint']);
  expect(exitCode).toBe(3);
  expect(out).toContain('a.yaml:10:7 error THM7206');
  expect(out).toContain('> 10 |     - rawSql:');
  expect(out).toContain('addIndex: { table: users, name: by_phone, columns: [phone] }');
  expect(out).toMatch(/1 migration checked: 1 error\.\n$/u);
});

test('only what is named is looked at, and a name that is not there is a slip', async () => {
  write({ 'a.yaml': unsafe, 'b.yaml': safe.replace('change-users', 'other').replace('Version: 5', 'Version: 6') });
  expect((await runCommand(directory, ['migrate', 'lint', '--migration', 'other'])).exitCode).toBe(0);
  const { error, exitCode } = await runCommand(directory, ['migrate', 'lint', '--migration', 'change-user']);
  expect([exitCode, error?.hint]).toEqual([64, 'Did you mean change-users?']);
});

test('what is wrong with the desired state comes before everything else', async () => {
  write({ 'a.yaml': unsafe.replace('addColumn', 'addColum') });
  const { exitCode, err, out } = await runCommand(directory, ['migrate', 'lint']);
  expect([exitCode, out]).toEqual([3, '']);
  expect(err).toContain('THM11');
});

test('an embedded database has one session, which nobody else waits for', async () => {
  write({ 'database.yaml': embedded, 'a.yaml': unsafe });
  const { exitCode, out } = await runCommand(directory, ['migrate', 'lint']);
  expect([exitCode, out.includes('info THM7206')]).toEqual([0, true]);
});

test('a probe is of the releases that send it', async () => {
  const drop = '  - dropColumn: { table: users, column: phone }\n';
  const probe = (release: string) => `probes:\n  - { name: reads-phone, sql: SELECT phone FROM users${release} }\n`;
  const severity = async (release: string) => {
    write({ 'a.yaml': migration(drop, probe(release)) });
    const { out } = await runCommand(directory, ['migrate', 'lint', '-o', 'json']);
    const { findings } = JSON.parse(out) as { findings: { code: string; severity: string }[] };
    return findings.filter(({ code }) => code === 'THM7230').map((finding) => finding.severity);
  };
  expect(await severity('')).toEqual(['error']);
  expect(await severity(', release: { themisdb: "<1.5.0" }')).toEqual(['info']);
  expect(await severity(', release: { themisdb: ">=1.4.0" }')).toEqual(['error']);
  expect(await severity(', release: { themisdb: ">=1.5.0" }')).toEqual(['error']);
});

/** A file of `themis observe` over two nodes, of which one is silent, and those releases. */
function observedAs(from: ReleaseManifest, to: ReleaseManifest): string {
  const { observed, catalogue, record } = simpleFleet(2, from, to);
  const failure = { code: 'UNREACHABLE', message: 'away', retry: 'backoff' } as const;
  const nodes = [observed.nodes[0]!, { name: 'node-b', reachable: false, failure } as const];
  const takenAt = '2026-11-21T18:00:00Z';
  const fleet = { name: 'orders', uid: '0b5c7f1e' };
  return encodeSnapshot({
    formatVersion: '1.0',
    fleet,
    takenAt,
    observed: { nodes, databases: [] },
    catalogue,
    record,
  });
}

test('queries that releases list are looked at, by what nodes run and what the lock pins', async () => {
  const sends = (version: string, sql: string) =>
    release('themisdb', version, { probes: [{ name: 'reads', database: 'orders', sql }] });
  const running = sends('1.4.0', 'SELECT phone FROM users');
  const elsewhere = { name: 'far', database: 'order', sql: 'SELECT 1' };
  const reads = { name: 'reads', database: 'orders', sql: 'SELECT email FROM users' };
  const next = release('themisdb', '1.5.0', { probes: [reads, elsewhere] });
  const { manifestHash } = next;
  const lock = `apiVersion: themis.dev/v1
kind: Lock
packages:
  - { package: themisdb, version: 1.5.0, manifestHash: "${manifestHash}", platform: any, architecture: any }
`;
  write({
    'themis.lock.yaml': lock,
    'a.yaml': migration(
      '  - dropColumn: { table: users, column: phone }\n  - dropColumn: { table: users, column: email }\n',
    ),
    'now.json': observedAs(running, next),
  });
  const { out, exitCode } = await runCommand(directory, ['migrate', 'lint', '--observed', 'now.json', '-o', 'json']);
  const { findings } = JSON.parse(out) as { findings: { code: string; severity: string; summary: string }[] };
  expect(exitCode).toBe(3);
  const about = findings.filter(({ code }) => code === 'THM7230' || code.startsWith('THM725'));
  expect(about.map(({ code, severity, summary }) => `${severity} ${code} ${summary}`).sort()).toEqual([
    'error THM7230 In contract column users.email is dropped, and probe reads of themisdb 1.5.0 of the new release still reads it.',
    'info THM7230 After column users.phone is dropped, no node can go back to a release that sends probe reads of themisdb 1.4.0.',
    'info THM7252 Migration change-users is not checked against the queries of whatever runs on node-b: the manifest is not at hand.',
    'warning THM7254 themisdb 1.5.0 lists queries of Database order, which the fleet does not have: they are not tried.',
  ]);
});

test('releases that cannot be read are said not to have been looked at', async () => {
  write({ 'a.yaml': safe });
  rmSync(join(directory, 'releases'), { recursive: true });
  const { out, exitCode } = await runCommand(directory, ['migrate', 'lint']);
  expect([exitCode, out]).toEqual([0, expect.stringContaining('info THM7250\n  No migration was checked')]);
});

test('other programs get paths from the root of the repository', async () => {
  const repository = newRepository();
  try {
    const files = { 'fleets/orders/fleet.yaml': goodFleet, 'fleets/orders/db.yaml': database };
    repository.write({ ...files, 'fleets/orders/a.yaml': unsafe });
    const run = (format: string) => runCommand(repository.root, ['migrate', 'lint', 'fleets/orders', '-o', format]);
    expect((await run('github')).out).toContain('::error file=fleets/orders/a.yaml,line=10,col=7');
    expect((await run('junit')).out).toContain('<testsuite name="themis migrate lint"');
    const markdown = (await run('markdown')).out;
    expect(markdown).toContain('**error** THM7206 `fleets/orders/a.yaml:10`: Index by\\_phone on users');
    expect(markdown).toContain('Fix: Write `addIndex: { table: users, name: by_phone, columns: [phone] }`');
  } finally {
    repository.remove();
  }
});

test('a catalog that can be read is read once for each database, and gives rows and times', async () => {
  const second = unsafe.replace('change-users', 'later').replace('Version: 5', 'Version: 6');
  const desired = desiredOf(goodFleet, database, unsafe, second);
  const asked: string[] = [];
  const catalog = catalogOf({ tables: [tableNamed('users', { rows: 2_000_000 })] });
  const { findings } = await lintMigrations(desired, desired.migrations, await openSqlParser(), ({ name }) => {
    asked.push(name);
    return Promise.resolve({ catalog, applied: [] });
  });
  expect(asked).toEqual(['orders']);
  expect(findings.map(({ details }) => details?.[0])).toEqual(
    Array(2).fill('Table users has about 2,000,000 rows in 8 KiB.'),
  );
});

test('what the database has wholly behind it is not looked at, unless the file was changed since', async () => {
  const desired = desiredOf(goodFleet, database, unsafe);
  const [{ name, schemaVersion, digest, operations }] = desired.migrations as [(typeof desired.migrations)[0]];
  const finished = async (more: { readonly done?: 'expand'; readonly digest?: typeof digest }): Promise<number> => {
    const one = {
      migration: name,
      schemaVersion,
      digest,
      operations,
      done: 'expand' as const,
      finishedAt: '',
      ...more,
    };
    const seen = { catalog: catalogOf({}), applied: [one] };
    const sql = await openSqlParser();
    const linted = await lintMigrations(desired, desired.migrations, sql, () => Promise.resolve(seen));
    expect(linted.findings.length === 0).toBe(linted.finished === 1);
    return linted.finished;
  };
  expect(await finished({})).toBe(1);
  expect(await finished({ digest: 'sha256:0' as typeof digest })).toBe(0);
});

test('--against looks at what another revision has not', async () => {
  const repository = newRepository();
  try {
    repository.write({ 'fleet.yaml': goodFleet, 'db.yaml': database, 'a.yaml': unsafe });
    repository.commit('first');
    const later = safe.replace('change-users', 'later').replace('Version: 5', 'Version: 6');
    repository.write({ 'b.yaml': later });
    const { exitCode, out } = await runCommand(repository.root, ['migrate', 'lint', '--against', 'HEAD']);
    // There are no releases, which is noted.
    expect([exitCode, out]).toEqual([0, expect.stringMatching(/\n1 migration checked: 1 note\.\n$/u)]);
  } finally {
    repository.remove();
  }
});

test('a database that is not asked is named, with the reason', async () => {
  write({ 'a.yaml': safe });
  const { err } = await runCommand(directory, ['migrate', 'lint']);
  expect(err).toContain('Database orders is not asked for sizes and what is in it: ');
});

test('the migrations of the reference fleet have what it takes to be run', async () => {
  const reference = fileURLToPath(new URL('../../examples/reference', import.meta.url));
  const { out } = await runCommand(reference, ['migrate', 'lint', '-o', 'json']);
  const { summary } = JSON.parse(out) as { summary: { error: number } };
  expect(summary.error).toBe(0);
});
