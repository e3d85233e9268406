/**
 * Which proxy the variables name for an address, as curl reads them: HTTP_PROXY and HTTPS_PROXY, ALL_PROXY where one of
 * them is not set, and NO_PROXY with hosts, the domains below them, addresses and networks in CIDR. Lower case comes
 * first, and a variable that is set and empty means none.
 */
import { BlockList, isIP } from 'node:net';
import { ThemisError } from '../../../kernel/error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What `proxiesOf` reads; upper case too. */
export const proxyVariables = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'] as const;

/** null: straight there. Throws USAGE where a variable cannot be used. Nothing is looked up: names match as names. */
export function proxiesOf(environment: Environment): (url: URL) => string | null {
  const http = proxyIn(environment, 'http_proxy') ?? proxyIn(environment, 'all_proxy') ?? '';
  const https = proxyIn(environment, 'https_proxy') ?? proxyIn(environment, 'all_proxy') ?? '';
  if (http === '' && https === '') return () => null;
  const isExempt = exemptionsIn(lookUp(environment, 'no_proxy') ?? '');
  return (url) => {
    const proxy = url.protocol === 'https:' ? https : http;
    return proxy === '' || isExempt(url) ? null : proxy;
  };
}

function lookUp(environment: Environment, variable: string): string | undefined {
  return environment[variable] ?? environment[variable.toUpperCase()];
}

/** '': none; undefined: not set. Its value is not repeated: it may hold a password. */
function proxyIn(environment: Environment, variable: string): string | undefined {
  const text = lookUp(environment, variable);
  if (text === undefined || text === '') return text;
  const name = variable.toUpperCase();
  const hint = 'Write it like http://proxy.example.org:3128.';
  if (/^socks/iu.test(text)) {
    throw new ThemisError('USAGE', `The variable ${name} names a SOCKS proxy, which Themis does not speak to.`, {
      hint: 'Name an HTTP proxy in HTTP_PROXY and HTTPS_PROXY, or set them to nothing to do without.',
    });
  }
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url === null || url.hostname === '' || !/^https?:$/u.test(url.protocol)) {
    throw new ThemisError('USAGE', `The variable ${name} does not hold the address of a proxy.`, { hint });
  }
  // TLS names whom it speaks to, and takes no address for a name (RFC 6066 3).
  if (url.protocol === 'https:' && isIP(bare(url.hostname)) !== 0) {
    throw new ThemisError('USAGE', `The variable ${name} names a proxy on https by its address.`, {
      hint: 'Write its name, as in its certificate, like https://proxy.example.org:3128.',
    });
  }
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    throw new ThemisError('USAGE', `User or password in the variable ${name} cannot be read.`, {
      hint: 'Write a % in them as %25, and what else is not a letter or a digit as % and its two hexadecimal digits.',
    });
  }
  return url.href;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

type Matches = (host: string, port: number) => boolean;

const usualPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

function exemptionsIn(text: string): (url: URL) => boolean {
  const entries = text
    .split(/[,\s]+/u)
    .filter((entry) => entry !== '')
    .map(matcherOf);
  return ({ hostname, port, protocol }) => {
    const host = bare(hostname);
    const number = port === '' ? usualPorts[protocol]! : Number(port);
    return entries.some((matches) => matches(host, number));
  };
}

function matcherOf(entry: string): Matches {
  if (entry === '*') return () => true;
  if (entry.includes('/')) return networkOf(entry);
  const { name, port } = splitPort(entry);
  const onPort = (matches: (host: string) => boolean): Matches =>
    port === null ? matches : (host, number) => number === port && matches(host);
  if (isIP(name) !== 0) return onPort(addressesOf((list, family) => list.addAddress(name, family), name));
  if (name === '*') return onPort(() => true);
  const domain = name.replace(/^\*?\./u, '');
  const isBelow = (host: string): boolean => host.endsWith(`.${domain}`);
  return onPort(name.startsWith('*') ? isBelow : (host) => host === domain || isBelow(host));
}

function networkOf(entry: string): Matches {
  const [, address = '', bits = ''] = /^\[?([^[\]/]+)\]?\/(\d{1,3})$/u.exec(entry) ?? [];
  const version = isIP(address);
  if (version === 0 || Number(bits) > (version === 4 ? 32 : 128)) {
    throw new ThemisError('USAGE', 'An entry of the variable NO_PROXY is no network.', {
      hint: 'Write hosts, addresses, and networks like 10.0.0.0/8, with commas between them.',
    });
  }
  return addressesOf((list, family) => list.addSubnet(address, Number(bits), family), address);
}

/** However an address is written. */
function addressesOf(add: (list: BlockList, family: 'ipv4' | 'ipv6') => void, address: string) {
  const list = new BlockList();
  add(list, familyOf(address));
  return (host: string): boolean => isIP(host) !== 0 && list.check(host, familyOf(host));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

/** `host:port` and `[::1]:port`; an address with more than one colon is all host. */
function splitPort(entry: string): { readonly name: string; readonly port: number | null } {
  const [, name = '', port = ''] = /^(\[[^\]]+\]|[^:]+):(\d+)$/u.exec(entry) ?? [];
  return name === '' ? { name: bare(entry), port: null } : { name: bare(name), port: Number(port) };
}

/** Without brackets, and without the dot that ends a full name. */
function bare(host: string): string {
  return host
    .replace(/^\[(.+)\]$/u, '$1')
    .replace(/(?<=.)\.$/u, '')
    .toLowerCase();
}
