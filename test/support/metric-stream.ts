/** The request counters of simulated nodes, as a provider that knows only now gives them. */
import type { SimulatedNode } from '../../src/adapters/transport/simulated/node.ts';
import type { Point, Series } from '../../src/model/metrics.ts';
import type { Metrics, MetricsRequest } from '../../src/ports/metrics.ts';

const requestsPerSecond = 20;

export class MetricStream implements Metrics {
  readonly memory = 'now';
  readonly #nodes: ReadonlyMap<string, SimulatedNode>;
  readonly #nowMs: () => number;
  readonly #share: (node: SimulatedNode) => number | null;
  readonly #totals = new Map<string, { atMs: number; requests: number; failed: number }>();

  /** `share` of its requests that fail by now; null: the node gives no readings. */
  constructor(
    nodes: ReadonlyMap<string, SimulatedNode>,
    nowMs: () => number,
    share: (node: SimulatedNode) => number | null,
  ) {
    this.#nodes = nodes;
    this.#nowMs = nowMs;
    this.#share = share;
  }

  read({ nodes, signals }: MetricsRequest): Promise<readonly Series[]> {
    const wanted = new Set(signals.map(({ id }) => id));
    return Promise.resolve(nodes.flatMap((name) => this.#seriesOf(name).filter(({ signal }) => wanted.has(signal))));
  }

  #seriesOf(name: string): Series[] {
    const node = this.#nodes.get(name);
    if (node === undefined) return [];
    const atMs = this.#nowMs();
    const total = this.#totals.get(name) ?? { atMs, requests: 1000, failed: 0 };
    this.#totals.set(name, total);
    const share = this.#share(node);
    const served = node.up ? ((atMs - total.atMs) / 1000) * requestsPerSecond : 0;
    total.atMs = atMs;
    total.requests += served;
    total.failed += served * (share ?? 0);
    if (share === null || !node.up) return [];
    const point = (value: number): Point[] => [[atMs, Math.round(value)]];
    return [
      { node: name, signal: 'requests', points: point(total.requests) },
      { node: name, signal: 'failedRequests', points: point(total.failed) },
    ];
  }
}
