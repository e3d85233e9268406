/** One step at work, and the figures that its end is recorded with. */
import type { TransactionLimits } from '../../../ports/schema/database.ts';
import type { Run } from '../ledger/runs.ts';
import type { Direction } from '../../../model/schema/schema-event.ts';
import type { Work } from '../work.ts';

export interface StepCall {
  readonly work: Work;
  readonly run: Run;
  /** Of its records in the database. */
  readonly step: string;
  readonly title: string;
  readonly direction: Direction;
  /** Somebody began it before: what it finds may be its own doing. */
  readonly takenUp: boolean;
  readonly figures: Figures;
}

export interface Figures {
  executionMs: number;
  /** Until the try that had its locks began. */
  lockWaitMs: number;
  rows: number;
}

/** Of a transaction that copies: it waits for a lock as briefly as any, and takes its time otherwise. */
export function copyLimits({ work }: StepCall): TransactionLimits {
  return { lockTimeoutMs: work.parts.settings.lockTimeoutMs, statementTimeoutMs: null };
}

export function progressKey({ step, direction }: StepCall): string {
  return direction === 'forward' ? step : `${step}/undo`;
}
