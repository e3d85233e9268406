/**
 * Readings from the metrics endpoints of the nodes themselves, asked for through the transport: one reading, of now. A
 * node that does not answer, has no such endpoint, or says what cannot be read, is absent; when no node can be read
 * at all, the first reason is the error.
 */
import { fromFailure, ThemisError } from '../../kernel/error.ts';
import { mapBounded } from '../../kernel/map-bounded.ts';
import type { DesiredNode } from '../../model/desired.ts';
import { wireVersion } from '../../model/message.ts';
import type { Series, Signal } from '../../model/metrics.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Transport } from '../../ports/transport.ts';
import { labelTest, parseSelector, type Selector } from './selector.ts';
import { parseTextFormat, type Sample } from './text-format.ts';

const nodesAtOnce = 16;

export interface NodesMetricsOptions {
  readonly transport: Transport;
  readonly nodes: readonly DesiredNode[];
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly warn: (message: string) => void;
}

export function createNodesMetrics(options: NodesMetricsOptions): Metrics {
  const known = new Map(options.nodes.map((node) => [node.name, node]));
  return {
    memory: 'now',
    async read({ signals, nodes, afterMs }, signal) {
      const wanted = signals.map((one) => ({ signal: one, selector: (node: string) => selectorOf(one, node) }));
      for (const one of wanted) one.selector('node');
      const errors: ThemisError[] = [];
      const asked = nodes.map((name) => known.get(name)).filter((node) => node !== undefined);
      const found = await mapBounded(asked, nodesAtOnce, async (node) => {
        try {
          const { atMs, text } = await textOf(node, options, signal);
          if (atMs <= afterMs) return [];
          return seriesOf(node.name, atMs, text, wanted);
        } catch (error) {
          if (signal.aborted || !(error instanceof ThemisError) || error.code === 'BUG') throw error;
          errors.push(error);
          options.warn(`${node.name}: ${error.message}`);
          return [];
        }
      });
      if (errors.length > 0 && errors.length === asked.length) throw errors[0]!;
      return found.flat();
    },
  };
}

interface Wanted {
  readonly signal: Signal;
  readonly selector: (node: string) => Selector;
}

/** A custom query is a selector here too: no node evaluates more than that. */
function selectorOf(signal: Signal, node: string): Selector {
  const { name, matchers } = parseSelector(
    signal.custom ? signal.query.replaceAll('{{node}}', JSON.stringify(node).slice(1, -1)) : signal.query,
  );
  return { name: signal.kind === 'histogram' ? `${name}_bucket` : name, matchers };
}

/** The clocks of nodes differ; the reading was taken between the call and its answer by ours. */
async function textOf(
  node: DesiredNode,
  { transport, clock, timeoutMs }: NodesMetricsOptions,
  signal: AbortSignal,
): Promise<{ readonly atMs: number; readonly text: string }> {
  const { name } = node;
  const deadline = new AbortController();
  const startedMs = clock.nowMs();
  const answered = new AbortController();
  void clock.sleep(timeoutMs, answered.signal).then(() => deadline.abort());
  try {
    const request = { wireVersion, node: name, kind: 'metrics' } as const;
    const reply = await transport.call(node, request, { signal: AbortSignal.any([signal, deadline.signal]) });
    if (reply.kind === 'refused') throw fromFailure(reply.failure);
    if (reply.kind !== 'metrics') throw new ThemisError('UNREACHABLE', `answered ${reply.kind} to a metrics request`);
    if (reply.text === null) {
      throw new ThemisError('UNREACHABLE', 'its metrics endpoint does not answer', {
        hint: 'name it in node.yaml: endpoints.metrics',
      });
    }
    return { atMs: Math.min(Math.max(reply.atMs, startedMs), clock.nowMs()), text: reply.text };
  } catch (error) {
    if (!deadline.signal.aborted || signal.aborted) throw error;
    throw new ThemisError('TIMEOUT', `did not answer within ${timeoutMs} ms`, { cause: error });
  } finally {
    answered.abort();
  }
}

function seriesOf(node: string, atMs: number, text: string, wanted: readonly Wanted[]): Series[] {
  const selectors = wanted.map(({ signal, selector }) => ({ signal, selector: selector(node) }));
  const samples = parseTextFormat(text, new Set(selectors.map(({ selector }) => selector.name)));
  return selectors.flatMap(({ signal, selector }) => {
    const test = labelTest(selector);
    const chosen = samples.filter(({ name, labels }) => name === selector.name && test(labels));
    const groups = Map.groupBy(chosen, ({ labels }) => (signal.kind === 'histogram' ? (labels['le'] ?? '') : ''));
    return [...groups].map(([le, list]): Series => ({
      node,
      signal: signal.id,
      ...(signal.kind === 'histogram' ? { le } : {}),
      points: [[atMs, sumOf(list)]],
    }));
  });
}

function sumOf(samples: readonly Sample[]): number | null {
  const sum = samples.reduce((total, { value }) => total + value, 0);
  return Number.isFinite(sum) ? sum : null;
}
