/** What a run in a database tells of itself while it lasts. */
import type { Failure } from '../../kernel/outcome.ts';

export type Direction = 'forward' | 'back';

export type SchemaEvent =
  | { readonly type: 'step-started'; readonly step: string; readonly title: string; readonly direction: Direction }
  | {
      readonly type: 'step-progress';
      readonly step: string;
      readonly rows: number;
      /** As the server estimates it; null: unknown. */
      readonly totalRows: number | null;
      readonly rowsPerSecond: number;
      readonly remainingMs: number | null;
      readonly batchRows: number;
    }
  | {
      readonly type: 'step-finished';
      readonly step: string;
      readonly direction: Direction;
      readonly executionMs: number;
      /** Until the try that had its locks began. */
      readonly lockWaitMs: number;
      readonly rows: number;
      readonly failure?: Failure;
    }
  | {
      readonly type: 'rehearsed';
      readonly queries: number;
      /** Of the schema, in which they were tried. */
      readonly states: number;
      /** What could not be tried on a copy, each with why. */
      readonly unchecked: readonly string[];
    }
  | { readonly type: 'rolling-back'; readonly because: string; readonly failure?: Failure }
  | { readonly type: 'waiting'; readonly on: 'lock' | 'writers' | 'applier' | 'connection'; readonly detail: string };
