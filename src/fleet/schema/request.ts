/** What a run in a database is asked for, what it works with, and how it ends. */
import type { Digest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { Failure } from '../../kernel/outcome.ts';
import type { Catalog } from '../../model/schema/catalog.ts';
import type { SchemaOutcome } from '../../model/schema/database.ts';
import type { Operation } from '../../model/documents.ts';
import type { SchemaStep } from '../../model/schema/schema-step.ts';
import type { SchemaEvent } from '../../model/schema/schema-event.ts';
import type { expandOperation } from '../../migrate/expand.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Database, DatabaseSession } from '../../ports/schema/database.ts';
import type { SchemaPlugins } from '../../ports/schema/schema-plugins.ts';

export interface SchemaMigration {
  readonly name: string;
  /** Of the database after it; each is one more than the one before. */
  readonly schemaVersion: number;
  readonly operations: readonly Operation[];
  /** `rollback`: what the run had done is taken back. `pause`: it stays, and the next run goes on from there. */
  readonly onFailure: 'rollback' | 'pause';
  readonly throttle: ThrottleLimits;
}

/** Above either, copies pause. */
export interface ThrottleLimits {
  readonly maxWriterP99Ms: number;
  readonly maxReplicationLagMs: number;
}

export interface SchemaSettings {
  /** How long one try waits for a lock. */
  readonly lockTimeoutMs: number;
  /** Of one statement that is not a copy, a scan or an index build. */
  readonly statementTimeoutMs: number;
  /** How long a step tries for its locks in all. Default: 10 minutes. */
  readonly lockPatienceMs?: number;
  /** How long another one that applies is waited for. Default: as long as a server needs to miss one that is gone. */
  readonly waitForOtherMs?: number;
  /** How long a lost connection is tried again without getting on. Default: a minute. */
  readonly reconnectMs?: number;
}

export interface SchemaAuthority {
  /** Of the coordination store, by its id: a database obeys one. */
  readonly store: string;
  /** Of the fleet's lease: whoever comes with a higher one ends this run. */
  readonly token: number;
  /** `user@host`. */
  readonly by: string;
}

export interface SchemaParts {
  readonly database: Database;
  readonly authority: SchemaAuthority;
  readonly settings: SchemaSettings;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** Stops at the next step or batch, with CANCELLED; the run stays open, and whoever comes next goes on. */
  readonly signal: AbortSignal;
  readonly emit: (event: SchemaEvent) => void;
  readonly plugins: SchemaPlugins;
  readonly catalogs: CatalogReader;
  readonly expand: typeof expandOperation;
  /** After every step of a phase that was done and recorded. What it throws leaves the run open. */
  readonly watch?: (step: SchemaStep, session: DatabaseSession) => Promise<void>;
  /** Asked at the end of an expand: what it gives back is what the expand fails with. */
  readonly verify?: (session: DatabaseSession) => Promise<Failure | null>;
}

/** How schemas are read and compared. */
export interface CatalogReader {
  /** Outside of a transaction. */
  read(session: DatabaseSession): Promise<Catalog>;
  digest(catalog: Catalog): Digest;
  /** Sentences; empty where the digests are equal. */
  difference(before: Catalog, after: Catalog): readonly string[];
}

export interface SchemaRunResult {
  /** `unchanged`: there was nothing to do. Otherwise as the history has it. */
  readonly outcome: SchemaOutcome | 'unchanged';
  /** In the history. */
  readonly run: number | null;
  /** Copied, filled and verified. */
  readonly rows: number;
  readonly failure?: Failure;
}

/** Throws CANCELLED when somebody wants the run to stop. */
export function stopIfAsked({ signal }: Pick<SchemaParts, 'signal'>): void {
  if (signal.aborted) throw new ThemisError('CANCELLED', 'The migration was stopped; the next run goes on from here.');
}
