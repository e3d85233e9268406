import type { SchemaPhase } from '../model/schema/database.ts';
import type { DesiredGate } from '../model/desired.ts';
import type { ExpectedState, WantedRelease } from '../model/message.ts';

/**
 * What an action asks the fleet's runner to do: a closed union, carried out in order, each idempotent. The
 * runner adds what only it knows (authority, operation id, where releases lie).
 */
export type Instruction =
  | { readonly kind: 'stage'; readonly node: string; readonly releases: readonly WantedRelease[] }
  | {
      readonly kind: 'update';
      readonly node: string;
      readonly releases: readonly WantedRelease[];
      readonly expected: ExpectedState;
      readonly restorePoint: string;
      readonly healthTimeoutMs: number;
    }
  | {
      readonly kind: 'rollback';
      readonly node: string;
      readonly restorePoint: string;
      /** Restore point made of the present state first, so that the rollback can be undone; null when it undoes an update. */
      readonly keep: string | null;
      readonly healthTimeoutMs: number;
    }
  /** Observe until the node is healthy and has exactly these manifests, at most `timeoutMs`. */
  | { readonly kind: 'confirm'; readonly node: string; readonly expected: ExpectedState; readonly timeoutMs: number }
  /** Not before `durationMs` have passed since the last node of the stage finished. */
  | { readonly kind: 'bake'; readonly stage: number; readonly durationMs: number }
  /** Ask these gates while the stage bakes: one that fails ends it, and all have to pass. */
  | { readonly kind: 'judge'; readonly stage: number; readonly gates: StageGates }
  | { readonly kind: 'await-approval'; readonly stage: number }
  | { readonly kind: 'promote'; readonly stage: number }
  /**
   * Carries one phase of a migration out, or what a run that was cut off left of it. `again`: fills once more what was
   * filled until then.
   */
  | {
      readonly kind: 'schema';
      readonly database: string;
      readonly migration: string;
      readonly phase: SchemaPhase;
      readonly again?: string;
    }
  /** Takes all of a migration back, from what the database has recorded of it. */
  | { readonly kind: 'schema-undo'; readonly database: string; readonly migration: string };

/** Gates of a stage as the plan states them. */
export interface StageGates {
  readonly gates: readonly DesiredGate[];
  /** Names of gates whose comparison cannot be made here (no control exists); their own limits still count. */
  readonly notCompared: readonly string[];
  /** Longest bake while evidence is insufficient; never less than the bake. */
  readonly bakeLimitMs: number;
  readonly onInsufficient: 'pause' | 'rollback' | 'promote';
  /** False where a person decides: then only a gate that fails counts. */
  readonly mustPass: boolean;
}

/** An action kind: pure. `Params` come from a plan file, so they are checked against `paramsSchema` when a plan is read. */
export interface Action<Step> {
  readonly kind: string;
  /** JSON Schema 2020-12 of `PlanStep.params`. */
  readonly paramsSchema: object;
  /** `~`, `+`, `!`, `<` or `?` of the text output. */
  readonly symbol: '+' | '~' | '!' | '-' | '<' | '?';
  /** One line for people: what this step does, without the address. */
  describe(step: Step): string;
  instructions(step: Step): readonly Instruction[];
  /** Takes the step back after it was done; empty where there is nothing to take back. Undefined: it cannot be taken back. */
  inverse(step: Step): readonly Instruction[] | undefined;
}
