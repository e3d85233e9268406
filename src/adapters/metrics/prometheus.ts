/**
 * Readings from a Prometheus server. Selectors are asked for as range vectors at one instant: that gives the samples
 * as they were scraped, with their own instants, and none of a series after it went stale. Other
 * queries of custom gates are evaluated over the range. Many nodes are asked for in chunks; an answer that is too large is asked for in halves.
 */
import { ThemisError } from '../../kernel/error.ts';
import { mapBounded } from '../../kernel/map-bounded.ts';
import type { Point, Series, Signal } from '../../model/metrics.ts';
import type { Metrics, MetricsRequest } from '../../ports/metrics.ts';
import type { MatrixSeries, PrometheusApi } from './prometheus-api.ts';
import { escapeRegex, formatSelector, parseSelector } from './selector.ts';
import { lookBackMs, sumSeries, type Part } from './sum-series.ts';

const nodesAtOnce = 16;
const callsAtOnce = 4;
/** Evaluations of a custom query over one range, at most. */
const mostSteps = 240;
const shortestStepMs = 1000;
const placeholder = '{{node}}';

export function createPrometheusMetrics(api: PrometheusApi, nodeLabel: string): Metrics {
  const ask = { api, nodeLabel };
  return {
    memory: 'history',
    async read(request, signal) {
      if (request.untilMs <= request.afterMs || request.nodes.length === 0) return [];
      const calls = request.signals.flatMap((one) => callsOf(ask, one, request));
      return (await mapBounded(calls, callsAtOnce, (call) => call(signal))).flat();
    },
  };
}

interface Ask {
  readonly api: PrometheusApi;
  readonly nodeLabel: string;
}

type Call = (signal: AbortSignal) => Promise<readonly Series[]>;

function callsOf(ask: Ask, signal: Signal, request: MetricsRequest): Call[] {
  if (signal.custom && !signal.query.includes(placeholder)) {
    return [(stop) => customOfAll(ask, signal, request, stop)];
  }
  if (signal.custom) {
    return request.nodes.map((node) => async (stop) => {
      const query = signal.query.replaceAll(placeholder, quotedPart(node));
      const found = await evaluated(ask, query, request, stop);
      return found.length === 0 ? [] : [seriesOf(signal, node, undefined, found)];
    });
  }
  return chunks(request.nodes).map((nodes) => (stop) => sampled(ask, signal, { ...request, nodes }, stop));
}

/** Samples as they were scraped. */
async function sampled(ask: Ask, signal: Signal, request: MetricsRequest, stop: AbortSignal): Promise<Series[]> {
  const { nodes, afterMs, untilMs } = request;
  const { name, matchers } = parseSelector(signal.query);
  const selector = formatSelector({
    name: signal.kind === 'histogram' ? `${name}_bucket` : name,
    matchers: [
      ...matchers,
      { label: ask.nodeLabel, operator: '=~', value: nodes.map((node) => escapeRegex(node)).join('|') },
    ],
  });
  const from = (startMs: number): Promise<readonly MatrixSeries[]> =>
    ask.api.matrix('query', { query: `${selector}[${untilMs - startMs}ms]`, time: secondsOf(untilMs) }, stop);
  try {
    const found = await from(afterMs);
    // What a target said last may lie before the range, and is part of the sum from the start.
    const whole = hasSeveralTargets(ask, found) ? await from(afterMs - lookBackMs) : found;
    return byNode(ask, signal, request, whole);
  } catch (error) {
    if (!(error instanceof ThemisError && error.reason === 'tooLarge') || nodes.length === 1) throw error;
    const middle = nodes.length >> 1;
    const halves = [nodes.slice(0, middle), nodes.slice(middle)];
    return (await mapBounded(halves, 1, (half) => sampled(ask, signal, { ...request, nodes: half }, stop))).flat();
  }
}

async function customOfAll(ask: Ask, signal: Signal, request: MetricsRequest, stop: AbortSignal): Promise<Series[]> {
  const found = await evaluated(ask, signal.query, request, stop);
  if (found.length > 0 && found.every(({ metric }) => !Object.hasOwn(metric, ask.nodeLabel))) {
    throw new ThemisError('UNSUPPORTED_FORMAT', `the result of "${signal.query}" has no label ${ask.nodeLabel}`, {
      hint: `keep the label in the query, or write ${placeholder} where the name of the node belongs`,
    });
  }
  return byNode(ask, signal, request, found);
}

/**
 * A query at instants of the range, the last of them its end. A selector alone gives the samples of its target as they were
 * scraped: evaluated it would still say after a step what was scraped before.
 */
async function evaluated(
  ask: Ask,
  query: string,
  { afterMs, untilMs }: MetricsRequest,
  stop: AbortSignal,
): Promise<readonly MatrixSeries[]> {
  if (isSelector(query)) {
    const selector = formatSelector(parseSelector(query));
    const parameters = { query: `${selector}[${untilMs - afterMs}ms]`, time: secondsOf(untilMs) };
    const found = await ask.api.matrix('query', parameters, stop);
    if (!hasSeveralTargets(ask, found)) return found;
  }
  const stepMs = Math.max(shortestStepMs, Math.ceil((untilMs - afterMs) / mostSteps));
  const startMs = untilMs - Math.floor((untilMs - afterMs - 1) / stepMs) * stepMs;
  const range = { start: secondsOf(startMs), end: secondsOf(untilMs), step: secondsOf(stepMs) };
  const found = await ask.api.matrix('query_range', { query, ...range }, stop);
  return found.map(({ metric, points }) => ({ metric, points: points.filter(([atMs]) => atMs > afterMs) }));
}

function isSelector(query: string): boolean {
  try {
    parseSelector(query);
    return true;
  } catch {
    return false;
  }
}

function byNode(ask: Ask, signal: Signal, request: MetricsRequest, found: readonly MatrixSeries[]): Series[] {
  const { afterMs, untilMs } = request;
  const wanted = new Set(request.nodes);
  const groups = new Map<string, { node: string; le: string | undefined; list: MatrixSeries[] }>();
  for (const { metric, points } of found) {
    const node = metric[ask.nodeLabel];
    if (node === undefined || !wanted.has(node)) continue;
    const le = signal.kind === 'histogram' ? metric['le'] : undefined;
    const key = JSON.stringify([node, le ?? null]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { node, le, list: [{ metric, points }] });
    else group.list.push({ metric, points });
  }
  return [...groups.values()]
    .map(({ node, le, list }) => seriesOf(signal, node, le, list))
    .map((one) => ({ ...one, points: one.points.filter(([atMs]) => atMs > afterMs && atMs <= untilMs) }))
    .filter(({ points }) => points.length > 0);
}

function hasSeveralTargets({ nodeLabel }: Ask, found: readonly MatrixSeries[]): boolean {
  const targets = new Map<string, string>();
  return found.some(({ metric }) => {
    const node = metric[nodeLabel] ?? '';
    const target = targetOf(metric);
    const other = targets.get(node);
    targets.set(node, target);
    return other !== undefined && other !== target;
  });
}

/** What is scraped together. */
function targetOf(metric: MatrixSeries['metric']): string {
  return JSON.stringify([metric['job'] ?? '', metric['instance'] ?? '']);
}

function seriesOf(signal: Signal, node: string, le: string | undefined, found: readonly MatrixSeries[]): Series {
  const parts = found.map(({ metric, points }): Part => {
    return {
      target: targetOf(metric),
      points: points.map(([atMs, value]): Point => [atMs, Number.isFinite(value) ? value : null]),
    };
  });
  return { node, signal: signal.id, ...(le === undefined ? {} : { le }), points: sumSeries(parts) };
}

function chunks(nodes: readonly string[]): string[][] {
  const count = Math.ceil(nodes.length / nodesAtOnce);
  return Array.from({ length: count }, (_, index) => nodes.slice(index * nodesAtOnce, (index + 1) * nodesAtOnce));
}

/** Inside quotes of a query. */
function quotedPart(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function secondsOf(ms: number): string {
  return (ms / 1000).toFixed(3);
}
