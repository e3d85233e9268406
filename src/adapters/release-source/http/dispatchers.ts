/**
 * Connections, pooled by host, straight or through a proxy. HTTP/1.1 only: transfers of one host are to have a connection
 * each, since many servers and middleboxes limit a connection and not a client.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import { ThemisError } from '../../../kernel/error.ts';

export interface ConnectionSettings {
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read, in lower case first. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** PEM, believed beside the usual ones. */
  readonly ca?: string;
  readonly connectMs: number;
}

const proxyProtocols = new Set(['http:', 'https:', 'socks5:', 'socks:']);

/** Throws USAGE where a proxy or a certificate cannot be used. */
export function dispatchersOf(settings: ConnectionSettings): (url: URL) => Promise<Dispatcher> {
  const { environment, connectMs } = settings;
  const noProxy = lookUp(environment, 'no_proxy') ?? '';
  const tls = { allowH2: false, timeout: connectMs, ...trustOf(settings.ca) };
  const agentFor = (proxy: string) => async (): Promise<Dispatcher> => {
    // Commands that fetch nothing do without it.
    const { EnvHttpProxyAgent } = await import('undici');
    // Both: by itself it would send https through the proxy for http.
    const proxies = { httpProxy: proxy, httpsProxy: proxy, noProxy };
    return new EnvHttpProxyAgent({
      ...proxies,
      allowH2: false,
      connect: tls,
      requestTls: tls,
      proxyTls: tls,
      connectTimeout: connectMs,
    });
  };
  const http = once(agentFor(proxyOf(environment, 'http_proxy')));
  const https = once(agentFor(proxyOf(environment, 'https_proxy')));
  return (url) => (url.protocol === 'https:' ? https() : http());
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

function trustOf(ca: string | undefined) {
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

function proxyOf(environment: ConnectionSettings['environment'], variable: string): string {
  const text = lookUp(environment, variable);
  if (text === undefined || text === '') return '';
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url !== null && url.hostname !== '' && proxyProtocols.has(url.protocol)) return url.href;
  // Not the value, which may hold a password.
  throw new ThemisError('USAGE', `The variable ${variable.toUpperCase()} does not hold the address of a proxy.`, {
    hint: 'Write it like http://proxy.example.org:3128.',
  });
}

function lookUp(environment: ConnectionSettings['environment'], variable: string): string | undefined {
  return environment[variable] ?? environment[variable.toUpperCase()];
}
