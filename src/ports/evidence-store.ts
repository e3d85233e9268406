import type { Series } from '../model/metrics.ts';
import type { Verdict } from '../model/verdict.ts';

/**
 * What the judge saw and said, kept beside the journal: part of the coordination store, with the same fencing. A
 * verdict can be read as long as it is among the last thousand; readings as long as their execution is open.
 */
export interface EvidenceStore {
  /** The same id twice is the same verdict. */
  writeVerdict(verdict: Verdict, token: number): Promise<void>;
  /** Throws NOT_FOUND. */
  readVerdict(id: string): Promise<Verdict>;
  /** Readings taken while a stage bakes, so that a restart does not lose them. `stage`: `3`, or `3 of HOP`. */
  appendReadings(execution: string, stage: string, readings: readonly Series[], token: number): Promise<void>;
  /** In the order in which they were appended. */
  readReadings(execution: string, stage: string): Promise<readonly (readonly Series[])[]>;
}
