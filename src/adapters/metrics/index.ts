/**
 * Metric providers by kind. One is one file and one line here; all face the same contract suite. Secrets are resolved
 * here, when a provider asks for them, and stand in no message.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ThemisError } from '../../kernel/error.ts';
import type { DesiredNode, MetricsProvider, SecretRef } from '../../model/desired.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Transport } from '../../ports/transport.ts';
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
      const token = (): Promise<string | null> => tokenOf(provider.tokenFrom, around);
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

async function tokenOf(secret: SecretRef | undefined, around: MetricsSurroundings): Promise<string | null> {
  if (secret === undefined) return null;
  const token = 'env' in secret ? around.environment[secret.env] : await fileText(secret.file, around.fleetDirectory);
  const where = 'env' in secret ? `variable ${secret.env}` : `file ${secret.file}`;
  const trimmed = token?.trim() ?? '';
  if (trimmed === '') throw new ThemisError('IO', `the token of Prometheus is not there: ${where} is empty or absent`);
  // Visible characters only: a header holds no others, and the refusal of fetch would print it.
  if (!/^[\x21-\x7e]+$/u.test(trimmed)) throw new ThemisError('IO', `the ${where} does not hold a token`);
  return trimmed;
}

async function fileText(path: string, directory: string): Promise<string | undefined> {
  try {
    return await readFile(resolve(directory, path), 'utf8');
  } catch {
    return undefined;
  }
}
