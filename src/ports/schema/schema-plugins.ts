/**
 * Plug-ins that carry out a part of a migration which SQL does not reach. One is found by its name, never by a path; it
 * may be asked twice for the same step (a crash in its middle), so it looks before it acts.
 */
export interface SchemaPlugins {
  /** Throws NOT_FOUND where it is not installed, PLUGIN_FAILED where it does not load. */
  find(name: string): Promise<SchemaPlugin>;
}

export interface SchemaPlugin {
  readonly name: string;
  readonly version: string;
  /** `params` is JSON, as the migration says it. Asked before a step is recorded. */
  canHandle(params: string): Promise<boolean>;
  /** Throws PLUGIN_FAILED, and CANCELLED when the signal aborts. */
  apply(params: string, call: PluginCall): Promise<void>;
  /** Takes back what `apply` did, or the part of it that happened. */
  rollback(params: string, call: PluginCall): Promise<void>;
}

export interface PluginCall {
  /** Of the step: the same whenever it is asked again. */
  readonly step: string;
  /** Whoever asks does not wait longer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}
