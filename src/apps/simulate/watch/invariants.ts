/** Every promise that a simulation holds against the world, one line each. */
import { leaderLast, quorumKept, skewKept, unavailabilityKept } from './availability.ts';
import type { Invariant } from './moment.ts';
import {
  endsWhole,
  gateAnswered,
  journalFirst,
  onceOnly,
  restUntouched,
  shareKept,
  stageComplete,
  windowsKept,
} from './progress.ts';

export const invariants = [
  quorumKept,
  skewKept,
  unavailabilityKept,
  leaderLast,
  windowsKept,
  shareKept,
  restUntouched,
  stageComplete,
  gateAnswered,
  journalFirst,
  onceOnly,
  endsWhole,
] as const satisfies readonly Invariant[];
