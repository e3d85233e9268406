/** What is known of a database of the fleet, and of the migrations in it. */
import type { Digest } from '../../kernel/digest.ts';
import type { Failure } from '../../kernel/outcome.ts';
import type { Operation } from '../documents.ts';

export type DatabaseEngine = 'postgresql' | 'pglite';

/** `expand` before the first node gets the release, `migrate` after the last one has it, `contract` after its grace. */
export const schemaPhases = ['expand', 'migrate', 'contract'] as const;
export type SchemaPhase = (typeof schemaPhases)[number];

/** One run of one phase, or of an undo, as the database keeps it. */
export interface SchemaHistoryRow {
  /** From 1, in the order in which they began. */
  readonly run: number;
  readonly migration: string;
  readonly schemaVersion: number;
  /** Of the migration's operations. */
  readonly digest: Digest;
  readonly phase: SchemaPhase | 'undo';
  /** `user@host`. */
  readonly by: string;
  /** RFC 3339 UTC. */
  readonly startedAt: string;
  /** null: under way, or cut off. */
  readonly finishedAt: string | null;
  /** Copied, filled and verified. */
  readonly rows: number;
  readonly outcome: SchemaOutcome | null;
  readonly failure?: Failure;
}

/** `undone`: it failed, and what it had done was taken back. `stuck`: that did not work out, or is for a person to decide. */
export type SchemaOutcome = 'done' | 'undone' | 'stuck';

/** A migration that the database knows: the furthest phase that is done, and whether something is open. */
export interface AppliedMigration {
  readonly migration: string;
  readonly schemaVersion: number;
  readonly digest: Digest;
  /** As they were applied: what a changed file is compared with. */
  readonly operations: readonly Operation[];
  readonly done: SchemaPhase;
  /** Of the phase in `done`. */
  readonly finishedAt: string;
}

export interface OpenSchemaRun extends Pick<AppliedMigration, 'migration' | 'schemaVersion' | 'digest' | 'operations'> {
  readonly phase: SchemaPhase | 'undo';
  readonly startedAt: string;
}

export type ObservedDatabase =
  | {
      readonly name: string;
      readonly reachable: true;
      readonly engine: DatabaseEngine;
      /** As the server says it: `18.4`. */
      readonly serverVersion: string;
      /** Of the last migration whose expand is done; 0 before the first. */
      readonly schemaVersion: number;
      /** By schema version. */
      readonly applied: readonly AppliedMigration[];
      readonly open: OpenSchemaRun | null;
    }
  | { readonly name: string; readonly reachable: false; readonly failure: Failure };
