import type { QueryResult, SqlValue } from './database.ts';

/**
 * Plug-ins that carry out a part of a migration which SQL does not reach. One is found by its name, never by a path; it
 * may be asked twice for the same step (a crash in its middle), so it looks before it acts.
 */
export interface SchemaPlugins {
  /** Throws NOT_FOUND where it is not installed, PLUGIN_FAILED where it does not load or must not be used. */
  find(name: string): Promise<SchemaPlugin>;
}

export interface SchemaPlugin {
  readonly name: string;
  readonly version: string;
  /** `params` is JSON, as the migration says it. Asked before a step is recorded. Throws PLUGIN_FAILED. */
  canHandle(params: string): Promise<boolean>;
  /** Throws PLUGIN_FAILED, and CANCELLED when the signal aborts; nothing of it is at work any more then. */
  apply(params: string, call: PluginCall): Promise<void>;
  /** Takes back what `apply` did, or the part of it that happened. */
  rollback(params: string, call: PluginCall): Promise<void>;
}

export interface PluginCall {
  /** Of the step: the same whenever it is asked again. */
  readonly step: string;
  /** Aborts when its time is over, or when somebody wants the run to stop. */
  readonly signal: AbortSignal;
  /** In the transaction of the step, which ends with the call. Throws what the database throws. */
  readonly query: (sql: string, parameters?: readonly SqlValue[]) => Promise<QueryResult>;
}
