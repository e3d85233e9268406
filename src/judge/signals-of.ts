/**
 * What each metric is made of: which series a gate reads, and how readings of them become values. The ids are those
 * that providers answer with and that verdicts keep.
 */
import type { DesiredGate, SignalNames } from '../model/desired.ts';
import type { Signal } from '../model/metrics.ts';

export type Measure =
  /** Share of `total` that `part` is; both are counters of one node. */
  | { readonly kind: 'ratio'; readonly total: string; readonly part: string; readonly counted: string }
  /** Increase of a counter a second, divided by a gauge where there is one. */
  | { readonly kind: 'rate'; readonly counter: string; readonly divisor: string | null }
  | { readonly kind: 'gauge'; readonly gauge: string; readonly divisor: string | null }
  | { readonly kind: 'quantile'; readonly histogram: string; readonly quantile: number };

/** The series a gate reads, in a fixed order. */
export function signalsOf(gate: DesiredGate, names: SignalNames): readonly Signal[] {
  const measure = measureOf(gate);
  const named = (id: keyof SignalNames, kind: Signal['kind']): Signal => ({
    id,
    kind,
    query: names[id],
    custom: false,
  });
  switch (measure.kind) {
    case 'ratio':
      return [
        named(measure.part as keyof SignalNames, 'counter'),
        named(measure.total as keyof SignalNames, 'counter'),
      ];
    case 'quantile':
      return [named('duration', 'histogram')];
    case 'rate':
      return [
        named(measure.counter as keyof SignalNames, 'counter'),
        ...(measure.divisor === null ? [] : [named('cpus', 'gauge')]),
      ];
    case 'gauge':
      if (gate.metric === 'custom') return [{ id: 'custom', kind: 'gauge', query: gate.query ?? '', custom: true }];
      return [named('memory', 'gauge'), ...(measure.divisor === null ? [] : [named('memoryLimit', 'gauge')])];
  }
}

export function measureOf(gate: DesiredGate): Measure {
  switch (gate.metric) {
    case 'errorRate':
      return { kind: 'ratio', total: 'requests', part: 'failedRequests', counted: 'requests' };
    case 'transactionFailureRate':
      return { kind: 'ratio', total: 'transactions', part: 'failedTransactions', counted: 'transactions' };
    case 'latencyP50':
      return { kind: 'quantile', histogram: 'duration', quantile: 0.5 };
    case 'latencyP95':
      return { kind: 'quantile', histogram: 'duration', quantile: 0.95 };
    case 'latencyP99':
      return { kind: 'quantile', histogram: 'duration', quantile: 0.99 };
    case 'memory':
      return { kind: 'gauge', gauge: 'memory', divisor: gate.unit === 'share' ? 'memoryLimit' : null };
    case 'cpu':
      return { kind: 'rate', counter: 'cpu', divisor: 'cpus' };
    case 'diskIo':
      return { kind: 'rate', counter: 'diskIo', divisor: null };
    case 'custom':
      return { kind: 'gauge', gauge: 'custom', divisor: null };
  }
}

/** Whether requests are counted, rather than readings. */
export function countsRequests(measure: Measure): boolean {
  return measure.kind === 'ratio' || measure.kind === 'quantile';
}
