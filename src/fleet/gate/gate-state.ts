/**
 * What stands between a completed stage and the next one. Pure. A bake without gates counts wall time; one that is
 * judged counts only time that evidence covers, and is over without enough of it when its limit has passed. A gate that
 * fails, fails at once. What a person has to approve is asked last.
 */
import type { Instruction, StageGates } from '../../actions/instruction.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { ThemisError, toFailure } from '../../kernel/error.ts';
import type { Failure } from '../../kernel/outcome.ts';
import { formatDuration } from '../../kernel/units/duration.ts';
import type { StageEvidence } from '../evidence/stage-evidence.ts';

export type GateState =
  | { readonly kind: 'open' }
  /** Wall time goes by. */
  | { readonly kind: 'bake'; readonly leftMs: number }
  /** Evidence is gathered, for `leftMs` at most; `asked`: the gates were asked in this run. */
  | { readonly kind: 'evidence'; readonly leftMs: number; readonly detail: string; readonly asked: boolean }
  /** The limit has passed and the stage says that a person decides what then. */
  | { readonly kind: 'insufficient'; readonly detail: string }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly detail: JsonObject }
  | { readonly kind: 'approval'; readonly invalid: boolean };

export interface Gate {
  readonly stage: number;
  /** Where versions are reached through others: which hop the stage is of; null: the last. */
  readonly hop: number | null;
  /** What that hop leads to: the key of its stages in the rollout record. */
  readonly leadsTo: string | null;
  readonly bakeMs: number;
  readonly judge: StageGates | null;
  readonly asksApproval: boolean;
  /** False for a barrier inside a stage: it opens as soon as its needs are met, and nothing is kept of it. */
  readonly promotes: boolean;
}

export interface GateFacts {
  /** Since the last node of the stage finished. */
  readonly sinceMs: number;
  /** What counts against the limit of the bake: see `Gates`. */
  readonly limitedMs: number;
  /** null: the gates were not asked in this run. */
  readonly evidence: StageEvidence | null;
  readonly approval: 'approved' | 'absent' | 'invalid';
}

export function gateOf(
  { stage, hop, leadsTo }: Pick<Gate, 'stage' | 'hop' | 'leadsTo'>,
  instructions: readonly Instruction[],
): Gate {
  let bakeMs = 0;
  let judge: StageGates | null = null;
  let asksApproval = false;
  let promotes = false;
  for (const instruction of instructions) {
    if (instruction.kind === 'bake') bakeMs = Math.max(bakeMs, instruction.durationMs);
    if (instruction.kind === 'judge') judge = instruction.gates;
    if (instruction.kind === 'await-approval') asksApproval = true;
    if (instruction.kind === 'promote') promotes = true;
  }
  return { stage, hop, leadsTo, bakeMs, judge, asksApproval, promotes };
}

export function stateOf(gate: Gate, facts: GateFacts): GateState {
  const waits = gate.judge === null ? bakeState(gate, facts) : judgedState(gate, gate.judge, facts);
  if (waits !== undefined) return waits;
  if (!gate.asksApproval || facts.approval === 'approved') return { kind: 'open' };
  return { kind: 'approval', invalid: facts.approval === 'invalid' };
}

function bakeState({ bakeMs }: Gate, { sinceMs }: GateFacts): GateState | undefined {
  return sinceMs < bakeMs ? { kind: 'bake', leftMs: bakeMs - sinceMs } : undefined;
}

/** undefined: nothing of the evidence stands in the way. */
function judgedState(gate: Gate, judge: StageGates, { evidence, limitedMs }: GateFacts): GateState | undefined {
  const leftMs = Math.max(0, judge.bakeLimitMs - limitedMs);
  if (evidence === null) {
    return { kind: 'evidence', leftMs, detail: `${nameOf(gate)} asks its gates`, asked: false };
  }
  if (evidence.answer === 'fail') return failed(gate, evidence);
  const answered = evidence.answer === 'pass' || !judge.mustPass;
  if (answered && evidence.evidenceMs >= gate.bakeMs) return undefined;
  if (leftMs > 0)
    return { kind: 'evidence', leftMs, detail: `${nameOf(gate)} ${lacking(gate, evidence)}`, asked: true };
  // Where a person decides anyway, what is missing holds up nobody.
  if (!judge.mustPass || judge.onInsufficient === 'promote') return undefined;
  const detail = `after ${formatDuration(judge.bakeLimitMs)} ${nameOf(gate)} still ${lacking(gate, evidence)}`;
  if (judge.onInsufficient === 'pause') return { kind: 'insufficient', detail };
  const failure = toFailure(new ThemisError('EVIDENCE_INSUFFICIENT', detail));
  return { kind: 'failed', failure, detail: detailOf(evidence.verdicts) };
}

function failed(gate: Gate, evidence: StageEvidence): GateState {
  const [first] = evidence.failed;
  const others = evidence.failed.length > 1 ? ` (and ${evidence.failed.length - 1} more)` : '';
  const told =
    first === undefined
      ? 'a gate fails'
      : `gate ${first.gate} fails: ${first.because}${others}${first.id === '' ? '' : ` (verdict ${first.id})`}`;
  const hint = first === undefined ? {} : { hint: `see what it was made from: themis explain verdict ${first.id}` };
  const failure = toFailure(new ThemisError('GATE_FAILED', `${nameOf(gate)}: ${told}`, hint));
  return { kind: 'failed', failure, detail: detailOf(evidence.failed) };
}

function detailOf(verdicts: StageEvidence['verdicts']): JsonObject {
  return { asBefore: true, refused: false, verdicts: verdicts.flatMap(({ id }) => (id === '' ? [] : [id])) };
}

/** The same words while the same is missing: it is said once. */
function lacking(gate: Gate, evidence: StageEvidence): string {
  if (evidence.problem !== null) return `lacks evidence: ${evidence.problem}`;
  const waiting = evidence.verdicts.filter(({ answer }) => answer === 'insufficient').map((one) => one.gate);
  if (waiting.length > 0) return `gathers evidence for ${waiting.join(', ')}`;
  return `bakes until evidence covers ${formatDuration(gate.bakeMs)}`;
}

/** `stage 2`, or `stage 2 on the way to themisdb 1.4.2`. */
export function nameOf({ stage, leadsTo }: Pick<Gate, 'stage' | 'leadsTo'>): string {
  return leadsTo === null ? `stage ${stage}` : `stage ${stage} on the way to ${leadsTo}`;
}
