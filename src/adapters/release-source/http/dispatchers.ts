/**
 * Connections, pooled by host, straight or through a proxy. HTTP/1.1 only: transfers of one host are to have a connection
 * each, since many servers and middleboxes limit a connection and not a client. A lane has one connection to a host, its
 * own wherever redirects lead, and a request there is sent before the answer to the one before it has ended (RFC 9112
 * 9.3.2), once that has begun.
 */
import { X509Certificate } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import { ThemisError } from '../../../kernel/error.ts';
import { type Environment, proxiesOf } from './proxies.ts';

export interface ConnectionSettings {
  readonly environment: Environment;
  /** PEM, believed beside the usual ones, of servers and of proxies. */
  readonly ca?: string;
  readonly connectMs: number;
}

/** Throws USAGE where a proxy or a certificate cannot be used. */
export function dispatchersOf({ environment, ca, connectMs }: ConnectionSettings): FindDispatcher {
  const proxyFor = proxiesOf(environment);
  const tls: Tls = { allowH2: false, timeout: connectMs, ...trustOf(ca) };
  /** Of no lane: as many connections as there are requests. */
  const pooled = {};
  const made = new WeakMap<object, Map<string | null, Promise<Dispatcher>>>();
  return (url, lane) => {
    const proxy = proxyFor(url);
    const key = lane ?? pooled;
    let ofLane = made.get(key);
    if (ofLane === undefined) made.set(key, (ofLane = new Map()));
    const dispatcher = ofLane.get(proxy) ?? makeDispatcher(proxy, tls, lane === undefined ? undefined : 2);
    ofLane.set(proxy, dispatcher);
    return dispatcher;
  };
}

export type FindDispatcher = (url: URL, lane: object | undefined) => Promise<Dispatcher>;

interface Tls {
  readonly allowH2: false;
  /** Until it is connected, handshake included. */
  readonly timeout: number;
  readonly secureContext?: SecureContext;
}

async function makeDispatcher(proxy: string | null, tls: Tls, pipelining: number | undefined): Promise<Dispatcher> {
  // Commands that fetch nothing do without it.
  const { Agent, Client, ProxyAgent } = await import('undici');
  const single =
    pipelining === undefined
      ? {}
      : { factory: (origin: string | URL, options: object) => new Client(origin, { ...options, pipelining }) };
  if (proxy === null) return new Agent({ allowH2: false, connect: tls, ...single });
  return new ProxyAgent({ uri: proxy, allowH2: false, requestTls: tls, proxyTls: tls, ...single });
}

function trustOf(ca: string | undefined): Pick<Tls, 'secureContext'> {
  if (ca === undefined) return {};
  try {
    // What is no certificate would be left out in silence.
    void new X509Certificate(ca);
    // Commands that fetch nothing do without it too.
    const { createSecureContext, getCACertificates } = process.getBuiltinModule('node:tls');
    return { secureContext: createSecureContext({ ca: [...getCACertificates('default'), ca] }) };
  } catch (error) {
    throw new ThemisError('USAGE', 'The file of the certificate authority holds no certificate in PEM.', {
      cause: error,
    });
  }
}
