import { expect, test } from 'vitest';
import { type Environment, proxiesOf } from '../../../src/adapters/release-source/http/proxies.ts';
import { ThemisError } from '../../../src/kernel/error.ts';

const proxy = 'http://proxy.example.org:3128/';
const other = 'http://other.example.org:3128/';
const through = (environment: Environment, url: string): string | null => proxiesOf(environment)(new URL(url));

test.each<[string, Environment, string | null, string | null]>([
  ['each by its own', { HTTP_PROXY: proxy, HTTPS_PROXY: other }, proxy, other],
  ['one alone', { HTTPS_PROXY: other }, null, other],
  ['all', { ALL_PROXY: proxy }, proxy, proxy],
  ['all but one', { all_proxy: proxy, HTTPS_PROXY: other }, proxy, other],
  ['all but none for one', { ALL_PROXY: proxy, https_proxy: '' }, proxy, null],
  ['lower case first', { http_proxy: proxy, HTTP_PROXY: other, all_proxy: '', ALL_PROXY: other }, proxy, null],
  ['without a scheme', { http_proxy: 'proxy.example.org:3128' }, proxy, null],
])('the variables name a proxy: %s', (_, environment, http, https) => {
  expect(through(environment, 'http://host/x')).toBe(http);
  expect(through(environment, 'https://host/x')).toBe(https);
});

test.each<[string, readonly string[], readonly string[]]>([
  ['*', ['http://a', 'http://[::1]:8080'], []],
  ['example.org', ['http://example.org', 'http://a.EXAMPLE.org:81', 'http://example.org.'], ['http://anexample.org']],
  ['.example.org', ['http://example.org', 'http://a.example.org'], ['http://org']],
  ['*.example.org', ['http://a.example.org'], ['http://example.org']],
  ['Example.org:8080', ['http://example.org:8080', 'http://a.example.org:8080'], ['http://example.org']],
  ['example.org:80', ['http://example.org'], ['https://example.org']],
  ['a , b\tc', ['http://a', 'http://b', 'http://c'], ['http://d']],
  ['127.0.0.1', ['http://127.0.0.1:8080', 'http://0x7f.1'], ['http://127.0.0.2', 'http://localhost']],
  ['127.0.0.1:81', ['http://127.0.0.1:81'], ['http://127.0.0.1']],
  ['::1', ['http://[::1]', 'http://[0:0::1]:81'], ['http://[::2]']],
  ['[::1]:81', ['http://[::1]:81'], ['http://[::1]']],
  ['10.0.0.0/8,x', ['http://10.255.0.1', 'http://[::ffff:10.1.2.3]'], ['http://11.0.0.1', 'http://10.example.org']],
  ['192.168.16.0/20', ['http://192.168.31.255'], ['http://192.168.32.0']],
  ['fd00::/8', ['http://[fd12:3456::1]'], ['http://[fe80::1]', 'http://10.0.0.1']],
  ['[fd00::]/8', ['http://[fd12:3456::1]'], []],
  ['0.0.0.0/0', ['http://8.8.8.8'], ['http://[2001:db8::1]', 'http://host']],
  ['', [], ['http://host']],
])('NO_PROXY=%s', (entries, exempt, proxied) => {
  for (const name of ['NO_PROXY', 'no_proxy']) {
    const environment = { ALL_PROXY: proxy, [name]: entries };
    for (const url of exempt) expect([url, through(environment, url)]).toEqual([url, null]);
    for (const url of proxied) expect([url, through(environment, url)]).toEqual([url, proxy]);
  }
});

test.each([
  ['http_proxy', 'ftp://user:pa55word@h'],
  ['http_proxy', 'http://'],
  ['https_proxy', '::'],
  ['http_proxy', 'http://us%zzer:pa55word@h'],
  ['http_proxy', 'http://user:pa55word%@h'],
  ['all_proxy', 'http://user:pa55word%c3@h'],
  ['http_proxy', 'http://user:pa55word@h:99999'],
  ['https_proxy', 'https://127.0.0.1:3128'],
  ['https_proxy', 'https://user:pa55word@[::1]:3128'],
  ['http_proxy', 'socks5://user:pa55word@h'],
  ['all_proxy', 'SOCKS5h://user:pa55word@h'],
  ['ALL_PROXY', 'socks://h'],
])('%s=%s is refused with a fix, and not repeated', (name, value) => {
  const failure = failureIn({ [name]: value });
  expect(failure).toMatchObject({ code: 'USAGE', hint: expect.any(String) as string });
  expect(failure.message).toContain(name.toUpperCase());
  expect(`${failure.message} ${failure.hint}`).not.toContain('pa55word');
  expect(/SOCKS/u.test(failure.message)).toBe(/socks/iu.test(value));
});

test.each(['10.0.0.0/33', '::/129', 'host/8', 'http://user:pa55word@h/', '10.0.0.0/'])(
  'NO_PROXY=%s is no network, where a proxy is named at all',
  (entry) => {
    const failure = failureIn({ http_proxy: proxy, no_proxy: entry });
    expect(failure).toMatchObject({ code: 'USAGE', hint: expect.stringContaining('10.0.0.0/8') as string });
    expect(failure.message).not.toContain('pa55word');
    expect(through({ no_proxy: entry }, 'http://host')).toBeNull();
  },
);

function failureIn(environment: Environment): ThemisError {
  try {
    proxiesOf(environment);
  } catch (error) {
    if (error instanceof ThemisError) return error;
    throw error;
  }
  throw new Error('it was taken');
}
