/**
 * Where the signals of a stage's gates are read. Gates that ask the same of the same provider share one source; own
 * queries are asked for by themselves, so that one that a provider refuses costs no other gate its evidence.
 */
import { digestJson, shortDigest } from '../../kernel/digest.ts';
import { ThemisError, toFailure } from '../../kernel/error.ts';
import type { DesiredGate, SignalNames } from '../../model/desired.ts';
import type { Series, Signal } from '../../model/metrics.ts';
import { signalsOf } from '../../judge/signals-of.ts';
import type { Metrics, MetricsRequest } from '../../ports/metrics.ts';

/** The metrics of a fleet, as its desired state describes them. */
export interface MetricsSource {
  readonly signals: SignalNames;
  /** `provider`: what a gate names; null: the Fleet's own. Throws when the Fleet does not describe it. */
  open(provider: DesiredGate['provider']): Metrics;
}

export interface Source {
  /** Name of the series in what is kept. */
  readonly key: string;
  readonly signal: Signal;
}

/** What is asked of a provider in one request. */
export interface SourceGroup {
  readonly name: string;
  readonly provider: DesiredGate['provider'];
  readonly sources: readonly Source[];
}

export function sourcesOf(gate: DesiredGate, names: SignalNames): readonly Source[] {
  return signalsOf(gate, names).map((signal) => {
    const of = gate.provider === null ? '' : `${gate.provider}:`;
    const own = signal.custom ? `:${shortDigest(digestJson(signal.query))}` : '';
    return { key: `${of}${signal.id}${own}`, signal };
  });
}

export function groupsOf(gates: readonly DesiredGate[], names: SignalNames): readonly SourceGroup[] {
  const groups = new Map<string, { provider: DesiredGate['provider']; sources: Map<string, Source> }>();
  for (const gate of gates) {
    for (const source of sourcesOf(gate, names)) {
      const name = source.signal.custom ? source.key : (gate.provider ?? 'fleet');
      const group = groups.get(name) ?? { provider: gate.provider, sources: new Map<string, Source>() };
      group.sources.set(source.key, source);
      groups.set(name, group);
    }
  }
  return [...groups].map(([name, { provider, sources }]) => ({ name, provider, sources: [...sources.values()] }));
}

export type ReadResult =
  | { readonly ok: true; readonly series: readonly Series[] }
  | { readonly ok: false; readonly problem: string };

/** Whatever goes wrong is told and is no error: there is no evidence then. Throws CANCELLED when aborted. */
export async function readGroup(
  metrics: Metrics,
  group: SourceGroup,
  range: Omit<MetricsRequest, 'signals'>,
  signal: AbortSignal,
): Promise<ReadResult> {
  const keys = new Map(group.sources.map(({ key, signal }) => [signal.id, key]));
  try {
    const signals = group.sources.map((source) => source.signal);
    const series = await metrics.read({ ...range, signals }, signal);
    return { ok: true, series: series.map((one) => ({ ...one, signal: keys.get(one.signal) ?? one.signal })) };
  } catch (error) {
    if (signal.aborted) throw new ThemisError('CANCELLED', 'stopped while reading metrics', { cause: error });
    return { ok: false, problem: problemOf(error) };
  }
}

export function openGroup(source: MetricsSource, { provider }: SourceGroup): Metrics | { readonly problem: string } {
  try {
    return source.open(provider);
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function problemOf(error: unknown): string {
  const { code, message } = toFailure(error);
  return `${code}: ${message}`;
}
