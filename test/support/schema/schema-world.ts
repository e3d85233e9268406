/** A database with migrations that are run in it: PGlite in memory, or whatever database it is given. */
import { runPhase, type PhaseRequest } from '../../../src/fleet/schema/run-phase.ts';
import type { SchemaMigration, SchemaParts, SchemaRunResult } from '../../../src/fleet/schema/request.ts';
import type { SchemaEvent } from '../../../src/model/schema/schema-event.ts';
import { undoMigration, type UndoResult } from '../../../src/fleet/schema/undo-migration.ts';
import type { Digest } from '../../../src/kernel/digest.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import { catalogDifference } from '../../../src/migrate/catalog/catalog-difference.ts';
import { catalogDigest } from '../../../src/migrate/catalog/catalog-digest.ts';
import { dataDigest } from '../../../src/migrate/catalog/data-digest.ts';
import { readCatalog } from '../../../src/migrate/catalog/read-catalog.ts';
import { expandOperation } from '../../../src/migrate/expand.ts';
import type { SchemaPhase } from '../../../src/model/schema/database.ts';
import type { Operation } from '../../../src/model/documents.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Database, Row } from '../../../src/ports/schema/database.ts';

export const catalogs = { read: readCatalog, digest: catalogDigest, difference: catalogDifference };

/** Time that passes as it does, but for pauses, which are a tenth: for databases, whose own time nobody can set. */
export const hurriedClock: Clock = {
  nowMs: () => Date.now(),
  steadyMs: () => Math.round(performance.now()),
  sleep: async (durationMs, signal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, durationMs / 10);
    signal?.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  },
};

export class SchemaWorld {
  readonly database: Database;
  readonly events: SchemaEvent[] = [];
  /** Over what `parts` has. */
  change: Partial<SchemaParts> = {};

  constructor(database: Database) {
    this.database = database;
  }

  parts(change: Partial<SchemaParts> = {}): SchemaParts {
    return {
      database: this.database,
      authority: { store: 'store-1', token: 1, by: 'ops@control' },
      settings: { lockTimeoutMs: 50, statementTimeoutMs: 10_000 },
      clock: hurriedClock,
      random: () => 0.5,
      signal: new AbortController().signal,
      emit: (event) => void this.events.push(event),
      plugins: { find: (name) => Promise.reject(new ThemisError('NOT_FOUND', `no plug-in ${name}`)) },
      catalogs,
      expand: expandOperation,
      ...this.change,
      ...change,
    };
  }

  async run(
    migration: SchemaMigration,
    phase: SchemaPhase,
    { again, ...change }: Partial<SchemaParts & Pick<PhaseRequest, 'again'>> = {},
  ): Promise<SchemaRunResult> {
    return await runPhase({ ...this.parts(change), migration, phase, ...(again === undefined ? {} : { again }) });
  }

  async undo(migration: string, change: Partial<SchemaParts> = {}): Promise<UndoResult> {
    return await undoMigration({ ...this.parts(change), migration });
  }

  async sql(...statements: readonly string[]): Promise<readonly Row[]> {
    return await this.database.use(async (session) => {
      let rows: readonly Row[] = [];
      for (const statement of statements) rows = (await session.query(statement)).rows;
      return rows;
    });
  }

  /** Of the schema and of all rows. */
  async digests(): Promise<{ readonly catalog: Digest; readonly data: Digest }> {
    return await this.database.use(async (session) => {
      const catalog = await readCatalog(session);
      return { catalog: catalogDigest(catalog), data: await dataDigest(session, catalog) };
    });
  }

  /** As new, and then as `statements` make it. */
  async reset(...statements: readonly string[]): Promise<void> {
    await this.sql(
      'DROP SCHEMA IF EXISTS themis CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public',
      ...statements,
    );
    this.events.length = 0;
  }

  /** Of the last run, oldest first: `expand/0/run done`. */
  async journal(): Promise<readonly string[]> {
    const rows = await this.sql(
      `SELECT coalesce(step || ' ', '') || event AS entry FROM themis.journal
        WHERE run = (SELECT max(run) FROM themis.history) ORDER BY seq`,
    );
    return rows.map((row) => row['entry']!);
  }
}

export function migration(operations: readonly Operation[], change: Partial<SchemaMigration> = {}): SchemaMigration {
  return {
    name: 'first',
    schemaVersion: 1,
    operations,
    onFailure: 'rollback',
    throttle: { maxWriterP99Ms: 100, maxReplicationLagMs: 5000 },
    ...change,
  };
}

export function rawSql(up: string, down: string | null, change: object = {}): Operation {
  return { rawSql: { up, ...(down === null ? { irreversible: 'the rows are gone' } : { down }), ...change } };
}
