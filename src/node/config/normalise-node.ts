import { parseDuration } from '../../kernel/units/duration.ts';
import { parseSize } from '../../kernel/units/size.ts';
import type { EndpointSpec } from '../../ports/endpoint.ts';
import type { ServiceSpec } from '../../ports/service-control.ts';
import type { DeliverySettings } from '../delivery/delivery.ts';
import { defaultOrder } from '../delivery/order.ts';
import type { EndpointDocument, NodeConfig, NodeDocument, NodeEndpoints, NodeSources } from './node-config.ts';

const defaultTimeout = '30s';
/** An index is made anew far more often than a release. */
const defaultJumps = { release: 1_000, index: 100_000 } as const;
const deliveryDefaults = {
  concurrency: 8,
  perHost: 6,
  memory: '64MiB',
  /** Enough for a program of 512 MiB with its patch. */
  patchMemory: '1GiB',
  resumeBlock: '16MiB',
  retries: 5,
  timeout: '6h',
  minimumRate: '1KiB',
} as const;

/** Fills in defaults. The document has passed its schema, so every text parses. */
export function normaliseNode(document: NodeDocument, root: string): NodeConfig {
  const at = (directory: string): string => absolute(root, directory);
  const directories = {
    install: at(document.directories?.install ?? 'install'),
    state: at(document.directories?.state ?? 'state'),
    downloads: at(document.directories?.downloads ?? 'downloads'),
    trust: at(document.directories?.trust ?? 'trust'),
  };
  const size = document.limits?.maxReleaseSize;
  return {
    name: document.name,
    directories,
    service: serviceOf(document, root, directories),
    stopTimeoutMs: durationMs(document.service.stopTimeout),
    endpoints: endpointsOf(document.endpoints ?? {}),
    drainTimeoutMs: durationMs(document.drainTimeout),
    sources: sourcesOf(document.sources ?? {}, at),
    limits: {
      freeSpaceFactor: document.limits?.freeSpaceFactor ?? 2,
      maxReleaseBytes: size === undefined ? null : (parseSize(size) ?? null),
      maxCounterJump: document.limits?.maxCounterJump ?? defaultJumps.release,
      maxIndexJump: document.limits?.maxIndexJump ?? defaultJumps.index,
    },
    delivery: deliveryOf(document.delivery ?? {}),
    products: document.products ?? null,
    platform: document.platform ?? null,
    architecture: document.architecture ?? null,
  };
}

function deliveryOf(document: NonNullable<NodeDocument['delivery']>): DeliverySettings {
  const { concurrency, perHost, bandwidth, memory, patchMemory, resumeBlock, order, retries, timeout, minimumRate } = {
    ...deliveryDefaults,
    ...document,
  };
  return {
    concurrency,
    perHost,
    bandwidth: bandwidth === undefined ? null : sizeBytes(bandwidth),
    memoryBytes: sizeBytes(memory),
    patchMemoryBytes: sizeBytes(patchMemory),
    resumeBlockBytes: sizeBytes(resumeBlock),
    order: order ?? defaultOrder,
    retries,
    timeoutMs: durationMs(timeout),
    minimumRate: sizeBytes(minimumRate),
  };
}

function serviceOf(document: NodeDocument, root: string, directories: NodeConfig['directories']): ServiceSpec {
  const { manager, command = [], start = [], stop = [], status = [] } = document.service;
  const workingDirectory =
    document.service.workingDirectory === undefined
      ? directories.install
      : absolute(root, document.service.workingDirectory);
  const environment = {
    THEMIS_NODE_NAME: document.name,
    THEMIS_NODE_ROOT: root,
    ...document.service.environment,
  };
  switch (manager) {
    case 'supervised':
      return {
        kind: 'supervised',
        command,
        environment,
        workingDirectory,
        directory: `${directories.state}/service`,
      };
    case 'command':
      return { kind: 'command', start, stop, status, environment, workingDirectory };
    case 'none':
      return { kind: 'none' };
  }
}

function sourcesOf(
  { ca, proxy, noProxy, tokens = [] }: NonNullable<NodeDocument['sources']>,
  at: (path: string) => string,
): NodeSources {
  return {
    ca: ca === undefined ? null : at(ca),
    proxy: proxy ?? null,
    noProxy: noProxy ?? null,
    tokens: tokens.map(({ url, tokenFrom }) => ({
      url,
      tokenFrom: 'file' in tokenFrom ? { file: at(tokenFrom.file) } : tokenFrom,
    })),
  };
}

const methods = {
  health: 'GET',
  role: 'GET',
  metrics: 'GET',
  drain: 'POST',
  rejoin: 'POST',
  transferLeadership: 'POST',
} as const satisfies Record<keyof NodeEndpoints, 'GET' | 'POST'>;

function endpointsOf(documents: NonNullable<NodeDocument['endpoints']>): NodeEndpoints {
  const endpoints: Partial<Record<keyof NodeEndpoints, EndpointSpec>> = {};
  for (const name of Object.keys(methods) as (keyof NodeEndpoints)[]) {
    const document = documents[name];
    if (document !== undefined) endpoints[name] = endpointOf(document, methods[name]);
  }
  return endpoints;
}

function endpointOf(document: EndpointDocument, method: 'GET' | 'POST'): EndpointSpec {
  return 'url' in document
    ? { kind: 'http', method, url: document.url }
    : { kind: 'command', command: document.command };
}

function sizeBytes(text: string): number {
  return parseSize(text) ?? 0;
}

function durationMs(text: string | undefined): number {
  return parseDuration(text ?? defaultTimeout) ?? 0;
}

function absolute(root: string, directory: string): string {
  const joined = directory.startsWith('/') ? directory : `${root}/${directory}`;
  const parts: string[] = [];
  for (const part of joined.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}
