/**
 * Where the stepper and the keeper of evidence meet. The runner tells the keeper what it tells the stepper (journal
 * entries once durable, what nodes report) and which stages bake; it launches a `look` whenever one is due and hands
 * the answers to the stepper. The keeper decides nothing about the rollout: it says what the gates say.
 *
 *   keeper.record(entry), keeper.see(observed)   as for the stepper, replayed entries included
 *   keeper.bake({ step, sinceMs })               when a stage-promote step with gates comes up; again with the same instant is no change
 *   keeper.nextLookMs()                          a wait ends then; null: nothing to look at
 *   await keeper.look(signal)                    one at a time; launched, so that a slow provider holds nobody up
 */
import type { JournalEntry } from '../../model/journal.ts';
import type { ObservedNode } from '../../model/observed.ts';
import type { GateAnswer, VerdictSummary } from '../../model/verdict.ts';

/** What the gates of one stage say now. */
export interface StageEvidence {
  /** Id of its stage-promote step. */
  readonly step: string;
  /** When the last node of the stage had finished: what is said is about the time since. */
  readonly sinceMs: number;
  /** `fail` when any gate fails, `pass` when all pass, else `insufficient`. */
  readonly answer: GateAnswer;
  /** The least of all gates: what the bake is counted in. */
  readonly evidenceMs: number;
  /** Gates that fail, in the order of the plan. */
  readonly failed: readonly VerdictSummary[];
  /** The present answer of every gate, in the order of the plan. */
  readonly verdicts: readonly VerdictSummary[];
  /** Why there is no evidence, in words: a provider that does not answer, too few canaries. null: nothing is wrong. */
  readonly problem: string | null;
}

export interface BakingStage {
  /** Id of the stage-promote step. */
  readonly step: string;
  /** When the last node of the stage finished. */
  readonly sinceMs: number;
}

export interface EvidenceLook {
  /** Of every stage that bakes. */
  readonly stages: readonly StageEvidence[];
  /** Verdicts that were stored by this look: answers that changed, and answers that decide. For the rollout record. */
  readonly news: readonly VerdictSummary[];
}

export interface EvidenceKeeping {
  record(entry: Pick<JournalEntry, 'step' | 'event' | 'at'>): void;
  see(observed: ObservedNode): void;
  bake(stage: BakingStage): void;
  /** null while there is nothing to look at. */
  nextLookMs(): number | null;
  /**
   * Reads, persists, judges. Whatever a provider or a node does becomes insufficient evidence; throws FENCED, and what
   * the store throws. Aborted, it answers what is known already.
   */
  look(signal: AbortSignal): Promise<EvidenceLook>;
}
