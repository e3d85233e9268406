import { expect, test } from 'vitest';
import { escapeRegex, formatSelector, labelTest, parseSelector } from '../../../../src/adapters/metrics/selector.ts';

test.each([
  ['up', 'up'],
  ['a:b_total{}', 'a:b_total'],
  ['x{a="1",b!="2", c=~"3.*" , d!~"4",}', 'x{a="1",b!="2",c=~"3.*",d!~"4"}'],
  [String.raw`x{a="q\"b\\n"}`, String.raw`x{a="q\"b\\n"}`],
  ['x{a="},b=\\"c"}', 'x{a="},b=\\"c"}'],
  [`x{a='it is'}`, 'x{a="it is"}'],
])('%s is read', (text, written) => {
  expect(formatSelector(parseSelector(text))).toBe(written);
  expect(parseSelector(written)).toEqual(parseSelector(text));
});

test.each([
  '',
  '{a="1"}',
  'x{a=1}',
  'x{a="1"',
  'x{a="1" b="2"}',
  'rate(x[1m])',
  'x[5m]',
  'sum(x)',
  String.raw`x{a="\q"}`,
])('%s is no selector', (text) => {
  expect(() => parseSelector(text)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_FORMAT' }));
});

test('labels are matched as Prometheus does: anchored, and absent is empty', () => {
  const test = (selector: string, labels: Record<string, string>): boolean =>
    labelTest(parseSelector(selector))(labels);
  expect(test('x{code=~"5.."}', { code: '503' })).toBe(true);
  expect(test('x{code=~"5.."}', { code: '1503' })).toBe(false);
  expect(test('x{code=~"4..|5.."}', { code: '404x' })).toBe(false);
  expect(test('x{code!~"5.."}', {})).toBe(true);
  expect(test('x{code=""}', {})).toBe(true);
  expect(test('x{code!=""}', {})).toBe(false);
  expect(test('x{toString=""}', {})).toBe(true);
  expect(test(String.raw`x{path=~"\\/a\\-b"}`, { path: '/a-b' })).toBe(true);
  expect(() => test('x{code=~"("}', {})).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_FORMAT' }));
});

test('an escaped name matches itself alone', () => {
  const name = 'a.b+c(d)[e]{f}^g$|h*i?j\\k';
  const only = labelTest({ name: 'x', matchers: [{ label: 'node', operator: '=~', value: escapeRegex(name) }] });
  expect([only({ node: name }), only({ node: 'aXb' }), only({ node: '' })]).toEqual([true, false, false]);
});
