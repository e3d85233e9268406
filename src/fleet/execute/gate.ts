/**
 * The gate after a stage: a bake that counts from when the stage's last node finished, then an approval where the
 * stage asks for one. Pure; the runner reads approvals again while it waits.
 */
import type { Digest } from '../../kernel/digest.ts';
import { parseInstant } from '../../kernel/units/instant.ts';
import type { DesiredApproval } from '../../model/desired.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import type { Instruction } from '../../actions/instruction.ts';
import { stageApproval } from '../approval.ts';
import type { ActionLookup } from '../line/program.ts';
import type { Turn } from '../line/turn.ts';

export type GateState =
  | { readonly kind: 'open' }
  | { readonly kind: 'bake'; readonly untilMs: number }
  | { readonly kind: 'approval'; readonly invalid: boolean };

interface Gate {
  readonly stage: number;
  readonly bakeMs: number;
  readonly asksApproval: boolean;
  /** False for a barrier inside a stage: it opens as soon as its needs are met, and nothing is kept of it. */
  readonly promotes: boolean;
}

export interface CompletedStage {
  readonly stage: number;
  readonly atMs: number;
}

/** All gates of one execution. */
export class Gates {
  readonly #gates = new Map<Turn, Gate>();
  /** When the last node of a stage finished. */
  readonly #stageEndMs = new Map<number, number>();
  readonly #announced = new Set<Turn>();
  readonly #target: Digest;
  readonly #record: RolloutRecord;
  #completed: CompletedStage[] = [];
  #approvals: readonly DesiredApproval[] = [];

  constructor(turns: Iterable<Turn>, actions: ActionLookup, target: Digest, record: RolloutRecord) {
    this.#target = target;
    this.#record = record;
    for (const turn of turns) {
      if (turn.node !== null) continue;
      this.#gates.set(turn, gateOf(turn.step.stage, actions(turn.step).instructions(turn.step)));
    }
  }

  approvals(list: readonly DesiredApproval[]): void {
    this.#approvals = list;
  }

  nodeEnded(stage: number, at: string): void {
    this.#stageEndMs.set(stage, parseInstant(at) ?? 0);
  }

  /** Stages whose gate came up since the last call. */
  takeCompleted(): CompletedStage[] {
    const completed = this.#completed;
    this.#completed = [];
    return completed;
  }

  /** The state of each gate whose needs are met. */
  states(due: Iterable<Turn>, nowMs: number): Map<Turn, GateState> {
    const states = new Map<Turn, GateState>();
    for (const turn of due) {
      if (turn.place !== 'pending' || turn.missing > 0) continue;
      const gate = this.#gates.get(turn)!;
      if (!gate.promotes) {
        states.set(turn, { kind: 'open' });
        continue;
      }
      // A stage without a node of its own in this run bakes since it was completed, or since now.
      const sinceMs =
        this.#stageEndMs.get(gate.stage) ?? completedEarlier(this.#record, this.#target, gate.stage) ?? nowMs;
      this.#stageEndMs.set(gate.stage, sinceMs);
      if (!this.#announced.has(turn)) {
        this.#announced.add(turn);
        this.#completed.push({ stage: gate.stage, atMs: sinceMs });
      }
      states.set(turn, gateState(gate, sinceMs, this.#approvals, this.#target, nowMs));
    }
    return states;
  }
}

function gateOf(stage: number, instructions: readonly Instruction[]): Gate {
  let bakeMs = 0;
  let asksApproval = false;
  let promotes = false;
  for (const instruction of instructions) {
    if (instruction.kind === 'bake') bakeMs = Math.max(bakeMs, instruction.durationMs);
    if (instruction.kind === 'await-approval') asksApproval = true;
    if (instruction.kind === 'promote') promotes = true;
  }
  return { stage, bakeMs, asksApproval, promotes };
}

function gateState(
  gate: Gate,
  bakesSinceMs: number,
  approvals: readonly DesiredApproval[],
  target: Digest,
  nowMs: number,
): GateState {
  const untilMs = bakesSinceMs + gate.bakeMs;
  if (nowMs < untilMs) return { kind: 'bake', untilMs };
  if (!gate.asksApproval) return { kind: 'open' };
  const approval = stageApproval(approvals, target, gate.stage, nowMs);
  return approval === 'approved' ? { kind: 'open' } : { kind: 'approval', invalid: approval === 'invalid' };
}

/** When a stage was completed in an earlier execution for the same target; undefined when it was not. */
function completedEarlier(record: RolloutRecord, target: Digest, stage: number): number | undefined {
  if (record.current === null || record.current.target !== target) return undefined;
  const at = record.current.stages[stage - 1]?.completedAt ?? null;
  return at === null ? undefined : parseInstant(at);
}
