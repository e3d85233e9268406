/**
 * What the judge says of a stage, with all it was made from: a verdict is recomputed from itself, byte for byte, by
 * `themis explain verdict ID`. One verdict is about one gate, one stage, one revision; it is kept when the answer
 * changes and when it decides.
 */
import type { Digest } from '../kernel/digest.ts';
import type { DesiredGate } from './desired.ts';
import type { Series, Signal } from './metrics.ts';

export interface Verdict {
  readonly formatVersion: '1.0';
  /** First 16 hex digits of the digest over everything else. */
  readonly id: string;
  readonly execution: string;
  readonly target: Digest;
  readonly stage: number;
  /** RFC 3339 UTC. */
  readonly at: string;
  readonly evidence: GateEvidence;
  readonly result: GateResult;
}

/** All that the answer of one gate depends on. Node lists are sorted by name, series by node, signal and bucket. */
export interface GateEvidence {
  readonly gate: DesiredGate;
  readonly signals: readonly Signal[];
  readonly parameters: JudgeParameters;
  readonly canaries: readonly Subject[];
  /** Concurrent nodes of the old revision. */
  readonly controls: readonly Subject[];
  /** When the last node of the stage finished its step: readings from before are not about it. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** From `historyMs` before `sinceMs` on. */
  readonly series: readonly Series[];
}

export interface Subject {
  readonly node: string;
  readonly role: 'leader' | 'follower' | 'unknown';
  /** When its own step finished; for a control `sinceMs` of the evidence. Earlier readings are its history. */
  readonly sinceMs: number;
}

/** One look at a stage, as it is kept: with the plan and the journal, all that its evidence is rebuilt from. */
export interface StageLook {
  readonly atMs: number;
  /** Readings that are new since the look before; `signal` is the keeper's own name for the source. */
  readonly series: readonly Series[];
  /** Who counts from now on. */
  readonly taken: readonly TakenSubject[];
  /** Who never counts again, by name. */
  readonly dropped: readonly string[];
}

export interface TakenSubject {
  readonly node: string;
  readonly side: 'canary' | 'control';
  readonly role: Subject['role'];
}

export interface JudgeParameters {
  /** Probability of stopping a good release at this gate and stage, over all looks: what this comparison has of the rollout's. */
  readonly alpha: number;
  /** Readings are summed over pieces of this length, and compared in blocks of one or several of them. */
  readonly blockMs: number;
  /** Length of the history before a node's step that corrects for what the node is like anyway. */
  readonly historyMs: number;
  /** A series without a reading for this long is stale. */
  readonly staleMs: number;
}

export type GateAnswer = 'pass' | 'fail' | 'insufficient';

/** Numbers are rounded to 12 significant digits: the same on every machine. */
export interface GateResult {
  readonly answer: GateAnswer;
  /** One sentence with the numbers that decided. */
  readonly because: string;
  /** Of the new nodes, in the unit of the gate; null without data. */
  readonly value: number | null;
  /** Of the controls; null where nothing is compared or nothing is there. */
  readonly control: number | null;
  /** Highest evidence so far against "not worse than allowed": the gate fails at 1/alpha. null where nothing is compared. */
  readonly eValue: number | null;
  /** Holds the difference from `control` at every look with probability 1 - alpha; null for shares and without a past. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Requests, or readings of gauges, that counted. */
  readonly samples: number;
  /** Milliseconds since `sinceMs` that evidence covers: what bake time is counted in. */
  readonly evidenceMs: number;
}

/** What the rollout record keeps of a verdict. */
export interface VerdictSummary {
  readonly id: string;
  readonly stage: number;
  readonly gate: string;
  readonly answer: GateAnswer;
  readonly at: string;
  readonly target: Digest;
  readonly because: string;
}
