/** Small builders of steps, for operations to be read as a list of what they do. */
import type { LockLevel, SchemaAction, SchemaStep } from '../../model/schema/schema-step.ts';
import type { StepDraft } from '../operation.ts';

interface Shape {
  /** Unique in its operation and phase. */
  readonly key: string;
  readonly title: string;
  readonly undo: SchemaStep['undo'];
  readonly lock: LockLevel;
}

export const nothing: SchemaStep['undo'] = { kind: 'none' };

export function inTransaction(...sql: readonly string[]): SchemaAction {
  return { kind: 'statements', statements: sql };
}

export function scanning(...sql: readonly string[]): SchemaAction {
  return { kind: 'scan', statements: sql };
}

/** One short transaction. */
export function statements(sql: readonly string[], shape: Shape): StepDraft {
  return { ...shape, action: inTransaction(...sql), rewrites: false };
}

/** One transaction that reads the whole table and keeps out nobody. */
export function scan(sql: readonly string[], shape: Shape): StepDraft {
  return { ...shape, action: scanning(...sql), rewrites: false };
}

/**
 * Does nothing but bring a part of the undo, between those of the steps before and after it: an undo that scans a table
 * is no part of the short transaction beside it. It may be the last that was done, so it has to stand that nothing
 * behind it was.
 */
export function undoing(key: string, title: string, undo: SchemaAction): StepDraft {
  return { key, title, action: inTransaction(), undo, lock: 'none', rewrites: false };
}

/** A step whose work goes when what an earlier one made goes. */
export function goneWithTheRest(step: StepDraft): StepDraft {
  return { ...step, undo: nothing };
}
