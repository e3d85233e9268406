import { expect, test } from 'vitest';
import { desiredDigest, targetDigest } from '../../../src/desired/digests.ts';
import { desiredOf, document, goodFleet } from '../../support/findings-of.ts';

function migration(spec: string): string {
  return document('Migration', 'm', `database: d\nschemaVersion: 1\n${spec}`);
}

const database = document('Database', 'd', 'pglite: { directory: ./db }\n');

test('a Database is where it is, and plain numbers', () => {
  const spec = 'urlFrom: { env: URL }\nlockTimeout: 0.1s\nstatementTimeout: 1m\nconnections: 2\n';
  const { databases } = desiredOf(goodFleet, document('Database', 'e', spec), database);
  expect(databases).toEqual([
    {
      name: 'd',
      place: { kind: 'pglite', directory: './db' },
      lockTimeoutMs: 50,
      statementTimeoutMs: 30_000,
      connections: 4,
    },
    {
      name: 'e',
      place: { kind: 'postgresql', urlFrom: { env: 'URL' } },
      lockTimeoutMs: 100,
      statementTimeoutMs: 60_000,
      connections: 2,
    },
  ]);
});

test('a Migration has its defaults', () => {
  const { migrations } = desiredOf(goodFleet, database, migration('operations: [{ dropTable: { table: a } }]\n'));
  expect(migrations).toEqual([
    {
      name: 'm',
      database: 'd',
      schemaVersion: 1,
      release: null,
      dependsOn: [],
      onFailure: 'rollback',
      operations: [{ dropTable: { table: 'a' } }],
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/u),
      probes: [],
      throttle: { maxWriterP99Ms: 100, maxReplicationLagMs: 5000 },
    },
  ]);
});

test('operations have one spelling, whose digest tells nothing but them', () => {
  const digestOf = (spec: string): string => desiredOf(goodFleet, database, migration(spec)).migrations[0]!.digest;
  const day = digestOf('operations: [{ dropTable: { table: a, gracePeriod: 1d } }]\n');
  expect(digestOf('operations: [{ dropTable: { gracePeriod: 24h, table: a } }]\nonFailure: pause\n')).toBe(day);
  expect(digestOf('operations: [{ dropTable: { table: a, gracePeriod: 2d } }]\n')).not.toBe(day);
  const two = '{ dropTable: { table: b } }, { dropTable: { table: a, gracePeriod: 1d } }';
  expect(digestOf(`operations: [${two}]\n`)).not.toBe(day);
});

test('what a migration says is part of the target', () => {
  const digests = (spec: string) => {
    const desired = desiredOf(goodFleet, database, migration(spec));
    return [desiredDigest(desired), targetDigest(desired)];
  };
  const base = digests('operations: [{ dropTable: { table: a } }]\n');
  expect(digests('operations: [{ dropTable: { table: a } }] # the same\n')).toEqual(base);
  for (const spec of [
    'operations: [{ dropTable: { table: b } }]\n',
    'onFailure: pause\noperations: [{ dropTable: { table: a } }]\n',
  ]) {
    for (const [index, digest] of digests(spec).entries()) expect(digest).not.toBe(base[index]);
  }
});
