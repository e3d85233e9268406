/**
 * Enough of GitHub on loopback: the API for releases with its pages, tags, limits and redirects, the public address of
 * assets, and the host that keeps them, a server of its own that turns away whoever shows it a token.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type FaultServer, sendWhole, startFaultServer } from './fault-server.ts';

export interface GithubServerOptions {
  /** By tag and name of asset; read anew for every request. */
  readonly releases: Map<string, Map<string, Uint8Array>>;
  /** Whoever does not show it sees nothing. */
  readonly token?: string;
  /** How many assets a release embeds. Default: all. */
  readonly embedded?: number;
  /** Answers instead of the server, where it returns true. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse, nth: number) => boolean;
}

export interface GithubServer {
  readonly apiUrl: string;
  /** Requests for the API that count, those that were answered 304, and those for public addresses. */
  readonly counted: number;
  readonly unchanged: number;
  readonly downloads: number;
  /** `METHOD target` of each request for the API, in order. */
  readonly seen: readonly string[];
  readonly store: FaultServer;
  /** How many more requests are let through; default: any number. */
  limit: { remaining: number; resetSeconds: number } | undefined;
  close(): Promise<void>;
}

interface State {
  readonly options: GithubServerOptions;
  readonly ids: Map<string, number>;
  readonly store: FaultServer;
  readonly stored: Map<string, Uint8Array>;
  readonly seen: string[];
  counted: number;
  unchanged: number;
  downloads: number;
  url: string;
  limit: GithubServer['limit'];
}

const base = '/api/v3/repos/themis/db/releases';

export async function startGithubServer(options: GithubServerOptions): Promise<GithubServer> {
  const stored = new Map<string, Uint8Array>();
  const store = await startFaultServer({
    files: stored,
    fault: ({ headers }) =>
      headers['authorization'] === undefined
        ? undefined
        : (exchange) => sendWhole(exchange, '400 Bad Request', {}, Buffer.from('two credentials')),
  });
  const state: State = {
    options,
    ids: new Map(),
    store,
    stored,
    seen: [],
    counted: 0,
    unchanged: 0,
    downloads: 0,
    url: '',
    limit: undefined,
  };
  const server = createServer((request, response) => serve(state, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    apiUrl: `${state.url}/api/v3`,
    seen: state.seen,
    store,
    get counted() {
      return state.counted;
    },
    get unchanged() {
      return state.unchanged;
    },
    get downloads() {
      return state.downloads;
    },
    get limit() {
      return state.limit;
    },
    set limit(limit) {
      state.limit = limit;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, store.close()]);
    },
  };
}

function serve(state: State, request: IncomingMessage, response: ServerResponse): void {
  const { options } = state;
  const url = new URL(request.url!, state.url);
  if (url.pathname.startsWith('/themis/db/releases/download/')) {
    const [tag, name] = url.pathname.split('/').slice(-2).map(decodeURIComponent);
    state.downloads += 1;
    const bytes = options.token === undefined ? options.releases.get(tag!)?.get(name!) : undefined;
    if (bytes === undefined) response.writeHead(404).end('Not Found');
    else redirectToStore(state, response, name!, bytes);
    return;
  }
  state.seen.push(`${request.method} ${request.url}`);
  if (options.instead?.(request, response, state.seen.length) === true) return;
  const authorization = request.headers.authorization;
  if (authorization !== undefined && authorization !== `Bearer ${options.token ?? 'any'}`) {
    sendJson(state, request, response, 401, { message: 'Bad credentials' });
    return;
  }
  if (options.token !== undefined && authorization === undefined) {
    sendJson(state, request, response, 404, { message: 'Not Found' });
    return;
  }
  if (state.limit?.remaining === 0) {
    sendJson(state, request, response, 403, { message: 'API rate limit exceeded for 127.0.0.1.' });
    return;
  }
  answer(state, url, request, response);
}

function answer(state: State, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const { releases, embedded = Number.POSITIVE_INFINITY } = state.options;
  const [kind = '', rest = ''] = url.pathname.startsWith(`${base}/`)
    ? url.pathname.slice(base.length + 1).split('/')
    : [];
  if (kind === 'tags') {
    const tag = decodeURIComponent(rest);
    if (releases.has(tag)) {
      const assets = assetsOf(state, tag).slice(0, embedded);
      sendJson(state, request, response, 200, { id: idOf(state, tag), tag_name: tag, draft: false, assets });
      return;
    }
  } else if (kind === 'assets') {
    for (const [tag, assets] of releases) {
      for (const [name, bytes] of assets) {
        if (String(assetId(state, tag, name, bytes)) !== rest) continue;
        count(state, response);
        if (request.headers.accept === 'application/octet-stream') redirectToStore(state, response, name, bytes);
        else sendJson(state, request, response, 200, { name });
        return;
      }
    }
  } else if (rest === 'assets') {
    const tag = [...releases.keys()].find((one) => String(idOf(state, one)) === kind);
    if (tag !== undefined) {
      sendPage(state, url, tag, request, response);
      return;
    }
  }
  sendJson(state, request, response, 404, { message: 'Not Found' });
}

function sendPage(state: State, url: URL, tag: string, request: IncomingMessage, response: ServerResponse): void {
  const size = Math.min(100, Number(url.searchParams.get('per_page') ?? 30));
  const page = Number(url.searchParams.get('page') ?? 1);
  const all = assetsOf(state, tag);
  const at = (number: number): string => {
    const target = new URL(url);
    target.searchParams.set('page', String(number));
    return target.href;
  };
  const pages = Math.ceil(all.length / size);
  const links = [`<${at(1)}>; rel="first"`, `<${at(pages)}>; rel="last"`];
  if (page < pages) links.unshift(`<${at(page + 1)}>; rel="next"`);
  response.setHeader('link', links.join(', '));
  sendJson(state, request, response, 200, all.slice((page - 1) * size, page * size));
}

function assetsOf(state: State, tag: string): object[] {
  return [...state.options.releases.get(tag)!].map(([name, bytes]) => ({
    id: assetId(state, tag, name, bytes),
    name,
    size: bytes.length,
    state: 'uploaded',
    updated_at: '2026-11-01T00:00:00Z',
    // It changes with each download, and with it the tag of whatever names it.
    download_count: state.downloads,
  }));
}

/** An asset is replaced and never changed: other bytes have another id. */
function assetId(state: State, tag: string, name: string, bytes: Uint8Array): number {
  return idOf(state, `${tag}\n${name}\n${hashOf(bytes)}`);
}

function idOf(state: State, key: string): number {
  const id = state.ids.get(key) ?? state.ids.size + 1;
  state.ids.set(key, id);
  return id;
}

function hashOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function redirectToStore(state: State, response: ServerResponse, name: string, bytes: Uint8Array): void {
  const key = `${hashOf(bytes)}/${name}`;
  state.stored.set(key, bytes);
  response.writeHead(302, { location: `${state.store.url}/${encodeURI(key)}?signature=s3cret` }).end();
}

function sendJson(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  value: unknown,
): void {
  const text = JSON.stringify(value);
  const tag = `W/"${hashOf(text)}"`;
  if (status === 200 && request.headers['if-none-match'] === tag) {
    state.unchanged += 1;
    sayLimit(state, response);
    response.writeHead(304, { etag: tag }).end();
    return;
  }
  count(state, response);
  const headers = { 'content-type': 'application/json', ...(status === 200 && { etag: tag }) };
  if (String(request.headers['accept-encoding']).includes('gzip')) {
    response.writeHead(status, { ...headers, 'content-encoding': 'gzip' }).end(gzipSync(text));
  } else {
    response.writeHead(status, headers).end(text);
  }
}

function count(state: State, response: ServerResponse): void {
  state.counted += 1;
  if (state.limit !== undefined && state.limit.remaining > 0) state.limit.remaining -= 1;
  sayLimit(state, response);
}

function sayLimit({ limit }: State, response: ServerResponse): void {
  if (limit === undefined) return;
  response.setHeader('x-ratelimit-remaining', String(limit.remaining));
  response.setHeader('x-ratelimit-reset', String(Math.floor(Date.now() / 1000) + limit.resetSeconds));
}
