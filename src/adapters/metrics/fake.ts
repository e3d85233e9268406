/** Metrics in memory: a test says what each node's series are, what goes wrong, and sees what was asked for. */
import { ThemisError } from '../../kernel/error.ts';
import type { Point, Series } from '../../model/metrics.ts';
import type { Metrics, MetricsRequest } from '../../ports/metrics.ts';

export class FakeMetrics implements Metrics {
  readonly memory: Metrics['memory'];
  readonly requests: MetricsRequest[] = [];
  readonly #series = new Map<string, { readonly head: Omit<Series, 'points'>; readonly points: Point[] }>();
  #error: ThemisError | null = null;

  constructor(memory: Metrics['memory'] = 'history') {
    this.memory = memory;
  }

  /** One more reading. Instants only grow within a series. */
  add(node: string, signal: string, atMs: number, value: number | null, le?: string): void {
    const key = JSON.stringify([node, signal, le ?? null]);
    const head = { node, signal, ...(le === undefined ? {} : { le }) };
    const series = this.#series.get(key) ?? { head, points: [] };
    series.points.push([atMs, value]);
    this.#series.set(key, series);
  }

  /** From now on every read fails with it; null: no more. */
  fail(error: ThemisError | null): void {
    this.#error = error;
  }

  async read(request: MetricsRequest, signal: AbortSignal): Promise<readonly Series[]> {
    if (signal.aborted) throw new ThemisError('CANCELLED', 'stopped while reading metrics');
    this.requests.push(request);
    if (this.#error !== null) throw this.#error;
    const { nodes, signals, afterMs, untilMs } = request;
    const found: Series[] = [];
    for (const { head, points } of this.#series.values()) {
      if (!nodes.includes(head.node) || !signals.some(({ id }) => id === head.signal)) continue;
      const inside = points.filter(([atMs]) => atMs > afterMs && atMs <= untilMs);
      const given = this.memory === 'now' ? inside.slice(-1) : inside;
      if (given.length > 0) found.push({ ...head, points: given });
    }
    return found;
  }
}
