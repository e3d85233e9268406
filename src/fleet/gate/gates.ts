/**
 * All gates of one execution: when their stages were completed, what was said of them, what was decided. Pure; the
 * runner tells it approvals and evidence while it waits. A moment of the past is known by the calendar only, because it
 * may be another run's; from the first look on, time is counted steadily, so that nobody shortens a bake by setting a
 * clock. The limit of a bake counts from the completion of its stage; where it ends in a pause, a run that begins after
 * it has passed gets it once more.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { Failure } from '../../kernel/outcome.ts';
import { parseInstant } from '../../kernel/units/instant.ts';
import type { PromoteParams } from '../../actions/stage-promote.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { DesiredApproval } from '../../model/desired.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import { stageApproval } from '../approval.ts';
import type { StageEvidence } from '../evidence/stage-evidence.ts';
import type { ActionLookup } from '../line/program.ts';
import type { Turn } from '../line/turn.ts';
import type { Now } from '../now.ts';
import { gateOf, stateOf, type Gate, type GateState } from './gate-state.ts';

export interface CompletedStage {
  /** Id of its stage-promote step. */
  readonly step: string;
  readonly stage: number;
  /** Key of the hop's stages in the rollout record; null: of the last hop. */
  readonly leadsTo: string | null;
  readonly atMs: number;
  /** Whether evidence has to be gathered. */
  readonly judged: boolean;
}

/** From where a gate counts. */
interface Anchor {
  /** When its stage was completed. */
  readonly completedMs: number;
  readonly at: Now;
  /** What had gone by then. */
  readonly sinceMs: number;
  readonly limitedMs: number;
}

/** Begun in the journal: what was decided stays decided, whatever is seen after a crash. */
type Decided =
  | { readonly kind: 'open' }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly detail: JsonObject };

export class Gates {
  readonly #gates = new Map<Turn, Gate>();
  readonly #turns = new Map<string, Turn>();
  /** When the last node of a stage finished, by hop and stage. */
  readonly #stageEndMs = new Map<string, number>();
  readonly #anchors = new Map<Turn, Anchor>();
  readonly #evidence = new Map<Turn, StageEvidence>();
  readonly #decided = new Map<Turn, Decided>();
  readonly #target: Digest;
  readonly #record: RolloutRecord;
  #completed: CompletedStage[] = [];
  #approvals: readonly DesiredApproval[] = [];

  constructor(turns: Iterable<Turn>, actions: ActionLookup, target: Digest, record: RolloutRecord) {
    this.#target = target;
    this.#record = record;
    for (const turn of turns) {
      if (turn.kind !== 'gate') continue;
      const { step } = turn;
      this.#gates.set(turn, gateOf(placeOf(step), actions(step).instructions(step)));
      this.#turns.set(step.id, turn);
    }
  }

  approvals(list: readonly DesiredApproval[]): void {
    this.#approvals = list;
  }

  nodeEnded({ stage, hop }: PlanStep, at: string): void {
    this.#stageEndMs.set(keyOf(stage, hop ?? null), parseInstant(at) ?? 0);
  }

  /** Of a stage that is not there, no longer baking, or baking anew since a node came late, it is passed over. */
  evidence(said: StageEvidence): void {
    const turn = this.#turns.get(said.step);
    if (turn !== undefined && this.#anchors.get(turn)?.completedMs === said.sinceMs) this.#evidence.set(turn, said);
  }

  begun(turn: Turn, { failure, detail }: Pick<JournalEntry, 'failure' | 'detail'>): void {
    this.#decided.set(
      turn,
      failure === undefined ? { kind: 'open' } : { kind: 'failed', failure, detail: detail ?? {} },
    );
  }

  /** Stages whose gate came up since the last call. */
  takeCompleted(): CompletedStage[] {
    const completed = this.#completed;
    this.#completed = [];
    return completed;
  }

  /** The state of each gate whose needs are met. */
  states(due: Iterable<Turn>, now: Now): Map<Turn, GateState> {
    const states = new Map<Turn, GateState>();
    for (const turn of due) {
      if (turn.kind === 'gate' && turn.place === 'pending' && turn.missing === 0)
        states.set(turn, this.#stateOf(turn, now));
    }
    return states;
  }

  /** For the words about it. */
  gateOf(turn: Turn): Gate {
    return this.#gates.get(turn)!;
  }

  #stateOf(turn: Turn, now: Now): GateState {
    const gate = this.#gates.get(turn)!;
    if (!gate.promotes) return { kind: 'open' };
    const anchor = this.#anchorOf(turn, gate, now);
    const decided = this.#decided.get(turn);
    if (decided !== undefined) return decided;
    const goneMs = now.steadyMs - anchor.at.steadyMs;
    return stateOf(gate, {
      sinceMs: anchor.sinceMs + goneMs,
      limitedMs: anchor.limitedMs + goneMs,
      evidence: this.#evidence.get(turn) ?? null,
      approval: stageApproval(this.#approvals, this.#target, gate.stage, now.nowMs),
    });
  }

  #anchorOf(turn: Turn, gate: Gate, now: Now): Anchor {
    const known = this.#anchors.get(turn);
    const key = keyOf(gate.stage, gate.hop);
    // A stage without a node of its own in this run bakes since it was completed, or since now.
    const completedMs =
      this.#stageEndMs.get(key) ??
      known?.completedMs ??
      completedEarlier(this.#record, this.#target, gate) ??
      now.nowMs;
    if (known?.completedMs === completedMs) return known;
    const sinceMs = Math.max(0, now.nowMs - completedMs);
    const judge = gate.judge;
    const again = judge?.onInsufficient === 'pause' && sinceMs >= judge.bakeLimitMs;
    const anchor = { completedMs, at: now, sinceMs, limitedMs: again ? 0 : sinceMs };
    this.#anchors.set(turn, anchor);
    // What was seen before the last node finished says nothing about the stage.
    this.#evidence.delete(turn);
    const { stage, leadsTo } = gate;
    this.#completed.push({ step: turn.step.id, stage, leadsTo, atMs: completedMs, judged: judge !== null });
    return anchor;
  }
}

function placeOf(step: PlanStep): Pick<Gate, 'stage' | 'hop' | 'leadsTo'> {
  const { leadsTo } = (step.params ?? {}) as Partial<PromoteParams>;
  return { stage: step.stage, hop: step.hop ?? null, leadsTo: leadsTo ?? null };
}

function keyOf(stage: number, hop: number | null): string {
  return `${hop ?? 'last'} ${stage}`;
}

/** When a stage was completed in an earlier execution for the same target; undefined when it was not. */
function completedEarlier({ current }: RolloutRecord, target: Digest, gate: Gate): number | undefined {
  if (current === null || current.target !== target) return undefined;
  const stages = gate.leadsTo === null ? current.stages : (current.hops?.[gate.leadsTo] ?? []);
  const at = stages[gate.stage - 1]?.completedAt ?? null;
  return at === null ? undefined : parseInstant(at);
}
