/**
 * Metrics of simulated nodes, scraped every few seconds: counters that start again with the service, gauges, a latency
 * histogram, with gaps and values that are no number now and then. A node that runs a bad release answers errors. What
 * a node measures follows from the seed and its name; series are made when they are asked for and forgotten later.
 */
import type { Point, Series, Signal } from '../../model/metrics.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { seededRandom, type Random } from '../transport/simulated/seeded-random.ts';

export interface SimulatedLoad {
  readonly seed: number;
  /** Whether a node's service ran at an instant, since when, and with which release. */
  readonly at: (node: string, atMs: number) => { readonly upSinceMs: number | null; readonly bad: boolean };
  readonly requestsPerSecond: number;
  readonly errorRate: number;
  readonly badErrorRate: number;
  /** Shares of scrapes that are missing, and of values that are no number. */
  readonly gaps: number;
  readonly notNumbers: number;
}

const scrapeMs = 5000;
/** Nobody asks for more than this at once; what nobody asked for as long is forgotten. */
const keptMs = 2 * 3_600_000;
const bucketsMs = [5, 10, 25, 50, 100, 250, 500, 1000, 2500];
const medianMs = 20;
const mebibyte = 2 ** 20;

interface Scrape {
  readonly atMs: number;
  /** By signal; a histogram has one for each of its buckets. */
  readonly values: Readonly<Record<string, number>>;
  readonly buckets: readonly number[];
  readonly isNumber: boolean;
}

interface Stream {
  readonly random: Random;
  /** The last scrape made, whether or not it was kept. */
  lastMs: number;
  upSinceMs: number | null;
  totals: {
    requests: number;
    failed: number;
    transactions: number;
    failedTransactions: number;
    cpu: number;
    io: number;
  };
  scrapes: Scrape[];
  askedMs: number;
}

const nothing: Stream['totals'] = { requests: 0, failed: 0, transactions: 0, failedTransactions: 0, cpu: 0, io: 0 };

export class SimulatedMetrics implements Metrics {
  readonly memory = 'history';
  readonly #load: SimulatedLoad;
  readonly #streams = new Map<string, Stream>();
  #tidiedMs = 0;

  constructor(load: SimulatedLoad) {
    this.#load = load;
  }

  read({ signals, nodes, afterMs, untilMs }: Parameters<Metrics['read']>[0]): Promise<readonly Series[]> {
    this.#tidy(untilMs);
    const series = nodes.flatMap((node) => {
      const scrapes = this.#scrapes(node, afterMs, untilMs);
      return signals.flatMap((signal) => seriesOf(node, signal, scrapes));
    });
    return Promise.resolve(series);
  }

  #scrapes(node: string, afterMs: number, untilMs: number): readonly Scrape[] {
    let stream = this.#streams.get(node);
    if (stream === undefined) {
      const lastMs = Math.floor(Math.max(afterMs, untilMs - keptMs) / scrapeMs) * scrapeMs;
      const random = seededRandom(this.#load.seed ^ hashOf(node));
      stream = { random, lastMs, upSinceMs: null, totals: { ...nothing }, scrapes: [], askedMs: untilMs };
      this.#streams.set(node, stream);
    }
    stream.askedMs = untilMs;
    while (stream.lastMs + scrapeMs <= untilMs) this.#scrape(node, stream);
    // They stand in the order of time, hours of them, and the latest are asked for every few seconds.
    const start = stream.scrapes.findLastIndex(({ atMs }) => atMs <= afterMs) + 1;
    const end = stream.scrapes.findLastIndex(({ atMs }) => atMs <= untilMs) + 1;
    return stream.scrapes.slice(start, end);
  }

  #scrape(node: string, stream: Stream): void {
    stream.lastMs += scrapeMs;
    const { random, totals } = stream;
    const { errorRate, badErrorRate, requestsPerSecond, gaps, notNumbers } = this.#load;
    const { upSinceMs, bad } = this.#load.at(node, stream.lastMs);
    if (upSinceMs !== stream.upSinceMs) stream.totals = { ...nothing };
    stream.upSinceMs = upSinceMs;
    const drawn = [random(), random(), random(), random()] as const;
    if (upSinceMs === null || drawn[0] < gaps) return;
    const requests = Math.round(((requestsPerSecond * scrapeMs) / 1000) * (0.7 + 0.6 * drawn[1]));
    const failed = countOf(requests * (bad ? badErrorRate : errorRate), drawn[2]);
    const next = {
      requests: totals.requests + requests,
      failed: totals.failed + Math.min(failed, requests),
      transactions: totals.transactions + Math.round(requests / 4),
      failedTransactions:
        totals.failedTransactions + countOf((requests / 4) * (bad ? badErrorRate : errorRate), drawn[3]),
      cpu: totals.cpu + (scrapeMs / 1000) * (0.8 + 0.8 * drawn[1]),
      io: totals.io + requests * 40_000,
    };
    stream.totals = next;
    stream.scrapes.push({
      atMs: stream.lastMs,
      values: {
        requests: next.requests,
        failedRequests: next.failed,
        transactions: next.transactions,
        failedTransactions: next.failedTransactions,
        cpu: next.cpu,
        diskIo: next.io,
        cpus: 4,
        memory: Math.round((900 + 200 * drawn[2]) * mebibyte),
        memoryLimit: 4096 * mebibyte,
        custom: 1 + 0.1 * drawn[3],
      },
      buckets: [...bucketsMs.map((le) => Math.floor(next.requests * shareBelow(le))), next.requests],
      isNumber: random() >= notNumbers,
    });
  }

  #tidy(nowMs: number): void {
    if (nowMs < this.#tidiedMs + keptMs / 2) return;
    this.#tidiedMs = nowMs;
    for (const [node, stream] of this.#streams) {
      if (stream.askedMs < nowMs - keptMs) this.#streams.delete(node);
      else stream.scrapes = stream.scrapes.filter(({ atMs }) => atMs >= nowMs - keptMs);
    }
  }
}

function seriesOf(node: string, signal: Signal, scrapes: readonly Scrape[]): Series[] {
  if (scrapes.length === 0) return [];
  const points = (valueOf: (scrape: Scrape) => number): Point[] =>
    scrapes.map((scrape) => [scrape.atMs, scrape.isNumber ? valueOf(scrape) : null]);
  if (signal.kind !== 'histogram') {
    return [{ node, signal: signal.id, points: points(({ values }) => values[signal.id] ?? 0) }];
  }
  return [...bucketsMs.map((le) => String(le / 1000)), '+Inf'].map((le, index) => ({
    node,
    signal: signal.id,
    le,
    points: points(({ buckets }) => buckets[index]!),
  }));
}

/** A whole number with this mean. */
function countOf(mean: number, drawn: number): number {
  return Math.floor(mean * (0.5 + drawn)) + Number((mean * 7919 + drawn * 104_729) % 1 < mean % 1);
}

/** Of a logistic distribution of the logarithm: close to log-normal, in closed form. */
function shareBelow(ms: number): number {
  return 1 / (1 + (medianMs / ms) ** 3);
}

function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619);
  return hash;
}
