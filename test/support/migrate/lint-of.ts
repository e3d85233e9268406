/** Lint of a few operations, with what a test does not speak of left plain. */
import { openSqlParser } from '../../../src/adapters/sql-parser/libpg-query.ts';
import type { Finding } from '../../../src/kernel/finding.ts';
import { measuredRates } from '../../../src/migrate/lint/estimate.ts';
import { lintMigration } from '../../../src/migrate/lint/lint-migration.ts';
import type { LintInput, LintProbe } from '../../../src/migrate/lint/rule.ts';
import type { Operation } from '../../../src/model/documents.ts';

const sql = await openSqlParser();

/** Of a migration that names its release, against a database that nobody asked. */
export function lint(operations: readonly Operation[], more: Partial<LintInput> = {}): readonly Finding[] {
  return lintMigration({
    migration: 'change-users',
    schemaVersion: 5,
    bound: true,
    onFailure: 'rollback',
    operations,
    probes: { running: [], next: [] },
    catalog: null,
    rates: measuredRates,
    engine: 'postgresql',
    sql,
    ...more,
  });
}

/** Severities of what one rule finds. */
export function found(code: string, operations: readonly Operation[], more: Partial<LintInput> = {}): string {
  return lint(operations, more)
    .filter((finding) => finding.code === code)
    .map(({ severity }) => severity)
    .join(' ');
}

/** The same of SQL that one operation runs. */
export function foundIn(code: string, up: string, more: Partial<LintInput> = {}): string {
  return found(code, [raw(up)], more);
}

export function raw(up: string, more: Partial<NonNullable<Operation['rawSql']>> = {}): Operation {
  return { rawSql: { up, irreversible: 'a test', ...more } };
}

export function probe(text: string, name = 'reads'): LintProbe {
  return { name, sql: text };
}

/** Of both releases. */
export function probes(running: readonly string[], next: readonly string[] = []): LintInput['probes'] {
  const named = (of: string) => (text: string, index: number) => probe(text, `${of}-${index}`);
  return { running: running.map(named('running')), next: next.map(named('next')) };
}
