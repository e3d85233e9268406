/** Evidence written by hand: readings once a second, from the start of the stage on. */
import type { DesiredGate } from '../../../src/model/desired.ts';
import type { Series } from '../../../src/model/metrics.ts';
import type { GateEvidence, Subject } from '../../../src/model/verdict.ts';
import { parametersOf } from '../../../src/judge/parameters-of.ts';

export const from = 1_800_000_000_000;
export const seconds = (count: number): number => count * 1000;

/** Readings at 0, 1, ... `until` seconds. */
export function points(until: number, value: (second: number) => number | null): Series['points'] {
  return Array.from({ length: until + 1 }, (_, second) => [from + second * 1000, value(second)] as const);
}

/** Of nodes a and b. */
export function counters(until: number, perSecond: number, share: number, nodes = ['a', 'b']): readonly Series[] {
  return nodes.flatMap((node) => [
    { node, signal: 'requests', points: points(until, (at) => 500 + perSecond * at) },
    { node, signal: 'failedRequests', points: points(until, (at) => 20 + Math.round(perSecond * at * share)) },
  ]);
}

/** Ten requests a second; `shares` are cumulative. */
export function histogram(
  node: string,
  until: number,
  bounds: readonly string[],
  shares: readonly number[],
): readonly Series[] {
  return bounds.map((le, index) => ({
    node,
    signal: 'duration',
    le,
    points: points(until, (at) => 10 * at * shares[index]!),
  }));
}

interface Rest {
  readonly canaries?: readonly string[];
  readonly controls?: readonly string[];
  readonly seconds?: number;
}

export function evidenceOf(gate: DesiredGate, series: readonly Series[], rest: Rest = {}): GateEvidence {
  const { canaries = ['a', 'b'], controls = [] } = rest;
  const subject = (node: string): Subject => ({ node, role: 'follower', sinceMs: from });
  return {
    gate,
    signals: [],
    parameters: parametersOf({ comparisons: 1, lookMs: 1000 }),
    canaries: canaries.map(subject),
    controls: controls.map(subject),
    sinceMs: from,
    untilMs: from + (rest.seconds ?? 120) * 1000,
    series,
  };
}
