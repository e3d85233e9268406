import type { StageLook, Verdict } from '../model/verdict.ts';

/**
 * What the judge saw and said, kept beside the journal: part of the coordination store, with the same fencing. A
 * verdict can be read as long as it is among the last thousand; looks as long as their execution is open.
 */
export interface EvidenceStore {
  /** The same id twice is the same verdict. */
  writeVerdict(verdict: Verdict, token: number): Promise<void>;
  /** Throws NOT_FOUND. */
  readVerdict(id: string): Promise<Verdict>;
  /** What was read while a stage bakes, so that a restart does not lose it. `stage`: `3`, or `3 of hop 1`. */
  appendLook(execution: string, stage: string, look: StageLook, token: number): Promise<void>;
  /** In the order in which they were appended. */
  readLooks(execution: string, stage: string): Promise<readonly StageLook[]>;
}
