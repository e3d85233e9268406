import type { DesiredGate, GateMetric } from '../../src/model/desired.ts';

const units = {
  errorRate: 'share',
  transactionFailureRate: 'share',
  latencyP50: 'ms',
  latencyP95: 'ms',
  latencyP99: 'ms',
  memory: 'bytes',
  cpu: 'share',
  diskIo: 'bytesPerSecond',
  custom: 'number',
} as const satisfies Record<GateMetric, DesiredGate['unit']>;

/** A gate in the unit of its metric; whatever is not said asks for nothing. */
export function gate(metric: GateMetric, facts: Partial<DesiredGate> = {}): DesiredGate {
  return {
    name: metric,
    metric,
    unit: units[metric],
    max: null,
    min: null,
    provider: null,
    query: null,
    worseBy: null,
    minSamples: 30,
    ...facts,
  };
}
