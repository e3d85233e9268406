/**
 * A program for the journalled step machine: named steps, what each needs, and what a failure means.
 * The same shape serves a node's switch (a line of steps), a fleet's plan (a graph) and a migration.
 */
export interface SagaProgram {
  readonly operation: string;
  readonly steps: readonly SagaStep[];
  /** `undo`: take back everything done, newest first. `stop`: leave it and report. */
  readonly onFailure: 'undo' | 'stop';
  /**
   * Whether the step that failed is undone too. True where a step can fail half-way (a switch of files);
   * false where it takes itself back (a node that rolled back).
   */
  readonly undoFailed: boolean;
}

export interface SagaStep {
  readonly id: string;
  readonly needs: readonly string[];
  /** `none`: nothing to take back. `irreversible`: it cannot be, and an undo stops there. */
  readonly undo: 'inverse' | 'none' | 'irreversible';
}

export type SagaState = 'pending' | 'running' | 'done' | 'unchanged' | 'failed' | 'undoing' | 'undone' | 'undo-failed';

/**
 * What the driver may do now. The iterables are live views, newest first backwards: take what you need, then
 * record; they may be long, so do not copy them on every decision.
 */
export type SagaDecision =
  /** Start any of `ready`; `running` are begun and have not ended (after a crash: in doubt, run them again). */
  | { readonly kind: 'run'; readonly ready: Iterable<string>; readonly running: Iterable<string> }
  /** Record a `turn` now; nothing is running any more. */
  | { readonly kind: 'turn'; readonly because: string }
  | { readonly kind: 'undo'; readonly ready: Iterable<string>; readonly running: Iterable<string> }
  /** Record a `close` now. */
  | { readonly kind: 'finish'; readonly result: SagaResult };

export type SagaResult =
  | { readonly kind: 'done' }
  /** A step failed and `onFailure` is `stop`. */
  | { readonly kind: 'stopped'; readonly failed: readonly string[] }
  | { readonly kind: 'undone'; readonly failed: readonly string[] }
  /** Something could not be taken back. */
  | { readonly kind: 'undo-incomplete'; readonly failed: readonly string[]; readonly left: readonly string[] };
