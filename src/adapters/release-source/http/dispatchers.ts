/**
 * Connections, pooled by host, straight or through a proxy. HTTP/1.1 only: transfers of one host are to have a connection
 * each, since many servers and middleboxes limit a connection and not a client.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
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
export function dispatchersOf({ environment, ca, connectMs }: ConnectionSettings): (url: URL) => Promise<Dispatcher> {
  const proxyFor = proxiesOf(environment);
  const tls: Tls = { allowH2: false, timeout: connectMs, ...trustOf(ca) };
  const made = new Map<string | null, Promise<Dispatcher>>();
  return (url) => {
    const proxy = proxyFor(url);
    const dispatcher = made.get(proxy) ?? makeDispatcher(proxy, tls);
    made.set(proxy, dispatcher);
    return dispatcher;
  };
}

interface Tls {
  readonly allowH2: false;
  /** Until it is connected, handshake included. */
  readonly timeout: number;
  readonly secureContext?: SecureContext;
}

async function makeDispatcher(proxy: string | null, tls: Tls): Promise<Dispatcher> {
  // Commands that fetch nothing do without it.
  const { Agent, ProxyAgent } = await import('undici');
  if (proxy === null) return new Agent({ allowH2: false, connect: tls });
  return new ProxyAgent({ uri: proxy, allowH2: false, requestTls: tls, proxyTls: tls });
}

function trustOf(ca: string | undefined): Pick<Tls, 'secureContext'> {
  if (ca === undefined) return {};
  try {
    // What is no certificate would be left out in silence.
    void new X509Certificate(ca);
    return { secureContext: createSecureContext({ ca: [...getCACertificates('default'), ca] }) };
  } catch (error) {
    throw new ThemisError('USAGE', 'The file of the certificate authority holds no certificate in PEM.', {
      cause: error,
    });
  }
}
