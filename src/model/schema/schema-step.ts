/**
 * What a migration does to a database, as data: operations expand into steps against the catalog as it is when their
 * turn comes, the database keeps them, and a closed set of actions carries them out. Forward and back are both written
 * down before the first effect, so that whoever comes after a crash needs neither the file nor the catalog of before.
 */
import type { SchemaPhase } from './database.ts';

export interface SchemaStep {
  /** Unique in its migration: `expand/0/create-column`. */
  readonly id: string;
  readonly phase: SchemaPhase;
  /** Index of its operation, from 0. */
  readonly operation: number;
  /** For people, without the address: `adds column phone_number to users`. */
  readonly title: string;
  readonly action: SchemaAction;
  /** Takes it back after it was done, or cut off. `none`: there is nothing to take back. */
  readonly undo: SchemaAction | { readonly kind: 'none' } | { readonly kind: 'irreversible'; readonly why: string };
  readonly lock: LockLevel;
  /** Reads or writes the whole table under its lock. */
  readonly rewrites: boolean;
}

/** The strongest lock on a table that writers use, by what it keeps out. */
export type LockLevel =
  | 'none'
  /** SHARE UPDATE EXCLUSIVE: keeps out other schema changes, no reader and no writer. */
  | 'schema'
  /** SHARE, SHARE ROW EXCLUSIVE: keeps out writers. */
  | 'writers'
  /** ACCESS EXCLUSIVE: keeps out everybody. */
  | 'everybody';

export type SchemaAction =
  /**
   * One transaction, its record included: it happened once or not at all. Short, so it waits for locks no longer than the
   * database's `lockTimeout` and comes back after a pause.
   */
  | { readonly kind: 'statements'; readonly statements: readonly string[] }
  /** The same where it takes as long as the table is large and keeps out nobody: VALIDATE CONSTRAINT. */
  | { readonly kind: 'scan'; readonly statements: readonly string[] }
  /**
   * One after the other, outside of a transaction: for what PostgreSQL takes nowhere else. What was cut off is run again,
   * so it is for whoever wrote it to stand that.
   */
  | { readonly kind: 'bare'; readonly statements: readonly string[] }
  /** Outside of a transaction, idempotent: one that is invalid is dropped and built anew. */
  | { readonly kind: 'build-index'; readonly index: NamedIn; readonly definition: string }
  | { readonly kind: 'drop-index'; readonly index: NamedIn; readonly concurrently: boolean }
  | WalkAction
  | CompareAction
  | PluginAction;

export interface NamedIn {
  readonly schema: string;
  readonly name: string;
}

/**
 * Walks a table by a unique key in batches, each in a transaction together with how far it came. `statement` treats the
 * rows of one batch: it sees them as the relation `themis_batch`, whose columns are the key's, and has to change nothing
 * where it is run twice. Rows that are inserted behind the walk are not its own: triggers see to them, and the walk ends
 * at the largest key that was there when it began.
 */
export interface WalkAction {
  readonly kind: 'walk';
  readonly table: NamedIn;
  /** Column names and types of the key, in order. */
  readonly key: readonly { readonly column: string; readonly type: string }[];
  /** SQL expression of the rows it is about; null: all. */
  readonly where: string | null;
  readonly statement: string;
  readonly firstBatchRows: number;
}

/**
 * Compares two relations chunk by chunk along a key, by hash, and treats chunks that differ with `repair` (see
 * `WalkAction.statement`) until they are equal, `attempts` times at most: what differs then is a failure.
 */
export interface CompareAction {
  readonly kind: 'compare';
  readonly table: NamedIn;
  readonly key: readonly { readonly column: string; readonly type: string }[];
  /** SQL of a row's text on either side, over the relation's own columns: rows with equal keys have to give equal text. */
  readonly left: { readonly relation: string; readonly row: string };
  readonly right: { readonly relation: string; readonly row: string };
  readonly repair: string;
  readonly attempts: number;
  readonly chunkRows: number;
}

export interface PluginAction {
  readonly kind: 'plugin';
  readonly plugin: string;
  /** Of the plug-in, as it said when the step was recorded. */
  readonly version: string;
  readonly direction: 'apply' | 'rollback';
  readonly params: string;
  readonly timeoutMs: number;
}
