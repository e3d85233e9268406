/**
 * Metric providers by kind. One is one file and one line here; all face the same contract suite. Secrets are resolved
 * here, when a provider asks for them, and stand in no message.
 */
import { resolve } from 'node:path';
import { ThemisError } from '../../kernel/error.ts';
import type { DesiredNode, MetricsProvider } from '../../model/desired.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Transport } from '../../ports/transport.ts';
import { readToken } from '../secret-token.ts';
import { createFileMetrics } from './file.ts';
import { createNodesMetrics } from './nodes.ts';
import { createPrometheusApi } from './prometheus-api.ts';
import { createPrometheusMetrics } from './prometheus.ts';

export const metricsProviders = ['prometheus', 'nodes', 'file'] as const satisfies readonly MetricsProvider['kind'][];
type Kind = (typeof metricsProviders)[number];

export interface MetricsSurroundings {
  readonly fleetDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly transport: Transport;
  readonly nodes: readonly DesiredNode[];
  readonly clock: Clock;
  /** What a provider says although it answers. */
  readonly warn: (message: string) => void;
  readonly timeoutMs?: number;
  /** Largest answer that is read. */
  readonly limitBytes?: number;
}

const usualTimeoutMs = 10_000;
const usualLimitBytes = 32 * 1024 * 1024;

/**
 * `wanted`: what a gate names; the provider of the Fleet where it names none. Throws USAGE when a gate names one that
 * the Fleet does not describe.
 */
export function openMetrics(wanted: Kind | null, provider: MetricsProvider, around: MetricsSurroundings): Metrics {
  const { timeoutMs = usualTimeoutMs, limitBytes = usualLimitBytes, warn } = around;
  const kind: Kind = wanted ?? provider.kind;
  switch (kind) {
    case 'nodes': {
      const { transport, nodes, clock } = around;
      return createNodesMetrics({ transport, nodes, clock, timeoutMs, warn });
    }
    case 'prometheus': {
      if (provider.kind !== kind) throw notDescribed(kind);
      const { tokenFrom } = provider;
      const secrets = { directory: around.fleetDirectory, environment: around.environment };
      const token = async (): Promise<string | null> =>
        tokenFrom === undefined ? null : readToken(tokenFrom, 'Prometheus', secrets);
      const api = createPrometheusApi({ url: provider.url, token, timeoutMs, limitBytes, warn, clock: around.clock });
      return createPrometheusMetrics(api, provider.nodeLabel);
    }
    case 'file':
      if (provider.kind !== kind) throw notDescribed(kind);
      return createFileMetrics(resolve(around.fleetDirectory, provider.path));
  }
}

function notDescribed(kind: Kind): ThemisError {
  return new ThemisError('USAGE', `a gate takes its samples from ${kind}, and the Fleet does not say where that is`, {
    hint: `write metrics: { ${kind}: ... } in the Fleet, or leave the provider out of the gate`,
  });
}
