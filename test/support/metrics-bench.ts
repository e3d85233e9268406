/** Metric providers over a real HTTP server, and what tests ask of them. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { createEndpoint } from '../../src/adapters/endpoint/node.ts';
import { openMetrics } from '../../src/adapters/metrics/index.ts';
import { createTransport } from '../../src/adapters/transport/index.ts';
import { toFailure } from '../../src/kernel/error.ts';
import type { DesiredNode, MetricsProvider } from '../../src/model/desired.ts';
import { wireVersion, type NodeReply, type NodeRequest } from '../../src/model/message.ts';
import type { Series, Signal } from '../../src/model/metrics.ts';
import type { Metrics, MetricsRequest } from '../../src/ports/metrics.ts';
import type { Transport } from '../../src/ports/transport.ts';

export function signal(id: string, kind: Signal['kind'], query: string, custom = false): Signal {
  return { id, kind, query, custom };
}

export type Answering = (request: IncomingMessage, response: ServerResponse) => void;

export interface OpenOptions {
  readonly environment?: Record<string, string>;
  readonly warnings?: string[];
  readonly timeoutMs?: number;
  readonly limitBytes?: number;
  readonly nodes?: readonly string[];
}

/** A server on loopback, a directory, and nodes of which only the metrics endpoint is there: `/of/NAME`. */
export class MetricsBench {
  readonly directory: string;
  readonly address: string;
  /** By path. */
  readonly answers: Map<string, Answering>;
  readonly #end: () => Promise<void>;

  static async make(): Promise<MetricsBench> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'themis-metrics-')));
    const answers = new Map<string, Answering>();
    const server = createServer((request, response) => {
      const given = answers.get(decodeURIComponent(request.url ?? '/'));
      if (given === undefined) response.writeHead(404).end();
      else given(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new MetricsBench(directory, address, answers, async () => {
      server.closeAllConnections();
      server.close();
      await rm(directory, { recursive: true });
    });
  }

  private constructor(directory: string, address: string, answers: Map<string, Answering>, end: () => Promise<void>) {
    this.directory = directory;
    this.address = address;
    this.answers = answers;
    this.#end = end;
  }

  async end(): Promise<void> {
    await this.#end();
  }

  says(path: string, text: string): void {
    this.answers.set(path, (_, response) => response.end(text));
  }

  open(provider: MetricsProvider, options: OpenOptions = {}): Metrics {
    return openMetrics(null, provider, {
      fleetDirectory: this.directory,
      environment: options.environment ?? {},
      transport: this.transport,
      nodes: (options.nodes ?? []).map(nodeNamed),
      clock: systemClock,
      warn: (message) => options.warnings?.push(message),
      timeoutMs: options.timeoutMs ?? 5000,
      ...(options.limitBytes === undefined ? {} : { limitBytes: options.limitBytes }),
    });
  }

  get transport(): Transport {
    const answer = async (root: string, request: NodeRequest): Promise<NodeReply> => {
      const head = { wireVersion, node: request.node };
      try {
        const url = `http://${this.address}/of${root}`;
        const { ok, body } = await createEndpoint().call({ kind: 'http', method: 'GET', url }, 2000, 1 << 20);
        return { ...head, kind: 'metrics', atMs: Date.now(), text: ok ? body : null };
      } catch (error) {
        return { ...head, kind: 'refused', failure: toFailure(error) };
      }
    };
    const handlerOf = (root: string) => (request: NodeRequest) => answer(root, request);
    return createTransport({ local: { fleetDirectory: '/', command: null, handlerOf } });
  }
}

function nodeNamed(name: string): DesiredNode {
  return { name, transport: { kind: 'local', root: name }, cluster: 'one', labels: {}, tenants: [] };
}

const never = new AbortController().signal;

export async function read(metrics: Metrics, request: MetricsRequest): Promise<readonly Series[]> {
  return await metrics.read(request, never);
}

/** Last value by node, signal and bucket. */
export function last(series: readonly Series[]): Record<string, number | null> {
  return Object.fromEntries(
    series.map(({ node, signal, le, points }) => [
      [node, signal, ...(le === undefined ? [] : [le])].join(' '),
      points.at(-1)![1],
    ]),
  );
}
