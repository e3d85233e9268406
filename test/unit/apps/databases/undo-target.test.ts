import { expect, test } from 'vitest';
import { undoTarget, type UndoWhat } from '../../../../src/apps/cli/databases/undo-target.ts';
import { digestJson } from '../../../../src/kernel/digest.ts';
import type { DesiredDatabase, DesiredMigration } from '../../../../src/model/desired.ts';
import type { ObservedDatabase } from '../../../../src/model/schema/database.ts';

const startedAt = '2026-11-21T18:00:00Z';

function desired(name: string): DesiredDatabase {
  const place = { kind: 'pglite', directory: name } as const;
  return { name, place, lockTimeoutMs: 50, statementTimeoutMs: 1000, connections: 1 };
}

/** `open`: a migration whose expand is under way. */
function observed(name: string, migrations: readonly string[], open: string | null = null): ObservedDatabase {
  return {
    name,
    reachable: true,
    engine: 'pglite',
    serverVersion: '18.0',
    schemaVersion: migrations.length,
    applied: migrations.map((migration, index) => ({
      ...recorded(migration, index + 1),
      done: 'expand',
      finishedAt: startedAt,
    })),
    open: open === null ? null : { ...recorded(open, migrations.length + 1), phase: 'expand', startedAt },
  };
}

const recorded = (migration: string, schemaVersion: number) => ({
  migration,
  schemaVersion,
  digest: digestJson([]),
  operations: [],
});

function target(what: UndoWhat, ...seen: readonly ObservedDatabase[]): string | null {
  const databases = seen.map(({ name }) => desired(name));
  const found = undoTarget(what, databases, seen, []);
  return found === null ? null : `${found.database.name}/${found.migration}`;
}

const orders = observed('orders', ['one', 'two', 'three']);
const begun = observed('orders', ['one', 'two'], 'three');
const newest = { kind: 'newest' } as const;
const version = (number: number): UndoWhat => ({ kind: 'version', version: number });

test.each([
  [newest, orders, 'orders/three'],
  [newest, begun, 'orders/three'],
  [newest, observed('orders', []), null],
  [{ kind: 'migration', name: 'two' }, orders, 'orders/two'],
  [{ kind: 'migration', name: 'three' }, begun, 'orders/three'],
  [version(0), orders, 'orders/one'],
  [version(2), orders, 'orders/three'],
  [version(3), orders, null],
  [version(1), begun, 'orders/two'],
  [version(2), begun, 'orders/three'],
  [version(3), begun, null],
] as const)('%j is found', (what, seen, found) => {
  expect(target(what, seen)).toBe(found);
});

test('one of several databases has to be named, unless only one has something', () => {
  expect(target(newest, orders, observed('stock', []))).toBe('orders/three');
  expect(() => target(newest, orders, observed('stock', ['one']))).toThrow(/orders, stock/u);
});

test('nothing is taken back where a database that may be meant cannot be asked', () => {
  const failure = { code: 'UNREACHABLE', message: 'nobody listens', retry: 'backoff' } as const;
  expect(() => target(newest, orders, { name: 'stock', reachable: false, failure })).toThrow('stock: nobody listens');
});

test('a name that nobody knows is a slip', () => {
  expect(() => target({ kind: 'migration', name: 'four' }, orders)).toThrow(/"four"/u);
});

test('what its file says is in one database is looked for there, whatever another one says', () => {
  const failure = { code: 'UNREACHABLE', message: 'it does not answer', retry: 'backoff' } as const;
  const silent: ObservedDatabase = { name: 'users', reachable: false, failure };
  const file = { name: 'two', database: 'orders' } as DesiredMigration;
  const databases = ['orders', 'users'].map((name) => desired(name));
  const what = { kind: 'migration', name: 'two' } as const;
  expect(undoTarget(what, databases, [orders, silent], [file])).toMatchObject({ database: { name: 'orders' } });
  expect(() => undoTarget(newest, databases, [orders, silent], [file])).toThrow(
    expect.objectContaining({
      message: 'users: it does not answer',
      hint: 'Where another one is meant, name it with --database.',
    }) as Error,
  );
});

test('what was done before its file named another database is found where it was done', () => {
  const file = { name: 'two', database: 'users' } as DesiredMigration;
  const [empty, what] = [observed('users', []), { kind: 'migration', name: 'two' } as const];
  const both = ['orders', 'users'].map((name) => desired(name));
  expect(undoTarget(what, both, [orders, empty], [file])).toMatchObject({ database: { name: 'orders' } });
  expect(undoTarget(what, [desired('orders')], [orders, empty], [file])).toMatchObject({
    database: { name: 'orders' },
  });
  const failure = { code: 'UNREACHABLE', message: 'it does not answer', retry: 'backoff', hint: 'Start it.' } as const;
  expect(() => undoTarget(what, both, [{ name: 'orders', reachable: false, failure }, empty], [file])).toThrow(
    expect.objectContaining({ hint: 'Start it. Where another one is meant, name it with --database.' }) as Error,
  );
});
