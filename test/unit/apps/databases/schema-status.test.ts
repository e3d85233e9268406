import { expect, test } from 'vitest';
import { databaseStatus } from '../../../../src/apps/cli/databases/schema-status.ts';
import { digestJson } from '../../../../src/kernel/digest.ts';
import type { Operation } from '../../../../src/model/documents.ts';
import type { ObservedDatabase, SchemaPhase } from '../../../../src/model/schema/database.ts';
import { emptyRecord } from '../../../../src/model/rollout-record.ts';
import { schemaStatusTable } from '../../../../src/report/schema-status-table.ts';

const operations: readonly Operation[] = [{ dropColumn: { table: 'users', column: 'phone', gracePeriod: '2h' } }];
const since = '2026-11-21T18:00:00Z';
const sinceMs = Date.parse(since);
const hourMs = 3_600_000;

function observed(done: SchemaPhase): ObservedDatabase {
  const digest = digestJson(operations);
  const applied = [{ migration: 'forget', schemaVersion: 1, digest, operations, done, finishedAt: since }];
  const state = { engine: 'pglite', serverVersion: '18.0', schemaVersion: 1, applied, open: null } as const;
  return { name: 'orders', reachable: true, ...state };
}

function graceLeft(done: SchemaPhase, completeSince: string | null, nowMs: number): unknown {
  const record = { ...emptyRecord, schemas: { forget: { completeSince, release: null } } };
  const status = databaseStatus({ observed: observed(done), history: [] }, [], record, nowMs);
  return status.reachable && status.migrations[0]?.graceLeftMs;
}

test('grace is what is left of it since every node had the release, until contract is done', () => {
  expect(graceLeft('migrate', since, sinceMs + hourMs / 2)).toBe(1.5 * hourMs);
  expect(graceLeft('migrate', since, sinceMs + 3 * hourMs)).toBe(0);
  expect(graceLeft('migrate', null, sinceMs)).toBeNull();
  expect(graceLeft('contract', since, sinceMs)).toBeNull();
});

test('what has no contract has no grace, and is done with its last phase', () => {
  const add: Operation = { addColumn: { table: 'users', column: { name: 'mail', type: 'text' } } };
  const digest = digestJson([add]);
  const whole = {
    migration: 'forget',
    schemaVersion: 1,
    digest,
    operations: [add],
    done: 'expand',
    finishedAt: since,
  } as const;
  const seen = { observed: { ...observed('expand'), applied: [whole] } as ObservedDatabase, history: [] };
  const record = { ...emptyRecord, schemas: { forget: { completeSince: since, release: null } } };
  const status = databaseStatus(seen, [], record, sinceMs);
  expect(status).toMatchObject({ migrations: [{ phase: 'expand', left: [], graceLeftMs: null }] });
});

test('a database that cannot be asked says why', () => {
  const failure = { code: 'UNREACHABLE', message: 'nobody listens', retry: 'backoff' } as const;
  const seen = { observed: { name: 'orders', reachable: false, failure } as const, history: [] };
  const status = databaseStatus(seen, [], emptyRecord, 0);
  expect(status).toEqual({ name: 'orders', reachable: false, failure, desired: 0 });
  expect(schemaStatusTable([status])).toBe('Database orders: not reachable: nobody listens\n');
});
