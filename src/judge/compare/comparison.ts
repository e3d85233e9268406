/**
 * A comparison of new nodes with controls: takes the blocks of a stage one after the other, each once it is over, and keeps an
 * e-value that may be looked at as often as one likes.
 */
import type { DesiredGate } from '../../model/desired.ts';
import type { Track } from '../evidence/track.ts';
import { compareMeans } from './compare-means.ts';
import { compareShares } from './compare-shares.ts';
import { peersOf, type Peers } from './peers.ts';

export interface Comparison {
  /** Bets on every block that ended by then. */
  close(untilMs: number): void;
  /** Highest so far, from 1 on: it never falls. */
  eValue(): number;
  compared(): Compared;
}

export interface Compared {
  /** Of the new nodes, over the whole stage, in the unit of the gate. */
  readonly observed: number | null;
  /** What the controls lead one to expect. */
  readonly control: number | null;
  /** Of the difference, in the unit of the gate. */
  readonly interval: readonly [number, number] | null;
  /** What is missing for a pass; null: nothing. */
  readonly lacking: string | null;
  /** What was compared, for people: `4.8x the 0.1 % of the controls`. */
  readonly said: string;
}

export interface Comparing {
  readonly gate: DesiredGate;
  readonly peers: readonly Peers[];
  readonly alpha: number;
  /** Allowed share, from 0 on. */
  readonly worseBy: number;
}

const fewestCanaries = 2;

/** A string says why nothing can be compared. */
export function startComparison(
  gate: DesiredGate,
  canaries: readonly Track[],
  controls: readonly Track[],
): Comparison | string {
  const [first] = canaries;
  if (first === undefined || gate.worseBy === null) return 'there is nothing to compare';
  const peers = peersOf(canaries, controls);
  if (peers.length === 0) return 'no node of the old revision has the role of a new one';
  const count = peers.reduce((total, one) => total + one.canaries.length, 0);
  if (count < fewestCanaries) return `${count} new node is too few to compare, two are needed`;
  const comparing = { gate, peers, alpha: first.frame.parameters.alpha, worseBy: gate.worseBy };
  const { kind } = first.frame.measure;
  return kind === 'ratio' || kind === 'quantile' ? compareShares(comparing) : compareMeans(comparing);
}
