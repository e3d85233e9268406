import { expect, test } from 'vitest';
import { parseDesired } from '../../../../src/desired/parse.ts';
import { coverSecrets, findSecrets } from '../../../../src/desired/yaml/secrets.ts';
import { goodFleet } from '../../../support/findings-of.ts';

// Put together here, so that no scanner takes this file for a leak.
const token = ['gh', 'p_', 'a'.repeat(36)].join('');
const slack = ['https://hooks.slack', '.com/services/T000/B000/', 'x'.repeat(24)].join('');
const key = ['-----BEGIN RSA PRIVATE', ' KEY-----\nMIIB\n-----END RSA PRIVATE', ' KEY-----'].join('');

test.each([
  ['a URL with a password', 'url: postgres://app:hunter22@db/orders', 'hunter22'],
  ['a URL with a token', 'url: https://deploykey@releases.example.org/db', 'deploykey'],
  ['a URL with a secret', 'url: "https://h/db?sv=2&sig=aBc%3D&x=1"', 'aBc%3D'],
  ['a URL with a secret', '{ url: https://h/db?X-Amz-Credential=hunter22 }', 'hunter22'],
  ['a webhook URL', `url: ${slack}`, slack.slice('https://hooks.slack.com/services/'.length)],
  ['a private key', `key: |\n${key}`, key],
  ['a GitHub token', `# ${token}`, token],
  ['a Slack token', `a: ${['xox', 'b-', '1'.repeat(12)].join('')}`, `${['xox', 'b-'].join('')}${'1'.repeat(12)}`],
  ['an AWS access key', `a: ${['AK', 'IA'].join('')}${'A'.repeat(16)}`, `${['AK', 'IA'].join('')}${'A'.repeat(16)}`],
  ['a secret', 'password: hunter22', 'hunter22'],
  ['a secret', '{ apiKey: "abc def" }', '"abc def"'],
  ['a secret', 'db_password: hunter22 # the old one', 'hunter22'],
])('%s is found: %j', (what, text, secret) => {
  const found = findSecrets(text);
  expect(found.map((one) => [one.what, text.slice(one.range.offset, one.range.offset + one.range.length)])).toEqual([
    [what, secret],
  ]);
});

test.each([
  'urlFrom: { env: ORDERS_URL }',
  'tokenFrom: { file: /run/secrets/token }',
  'url: https://releases.example.org/themisdb',
  'url: postgres://app@db/orders',
  'url: https://h/@scope/db?page=2',
  '# the token: ask the owner',
  'set: { reset_token: gen_random_uuid() }',
  'password: null',
  'reason: the secret is out',
])('%s holds no secret', (text) => {
  expect(findSecrets(text)).toEqual([]);
});

test('covering keeps every place', () => {
  const text = `a: 1\npassword: hunter22\nkey: |\n${key}\nb: 2`;
  const covered = coverSecrets(text, findSecrets(text));
  expect(covered).toHaveLength(text.length);
  expect(covered.split('\n').map((line) => line.length)).toEqual(text.split('\n').map((line) => line.length));
  expect(covered).not.toContain('hunter22');
  expect(covered).not.toContain('MIIB');
});

test('no finding shows a secret, in words or in its frame', () => {
  const text = goodFleet.replace('directory: ./releases', 'directory: ./releases, password: hunter22, http: hunter22');
  const { findings } = parseDesired([{ path: 'x.yaml', text }]);
  expect(findings.map(({ code }) => code)).toEqual(['THM1103', 'THM1250', 'THM1109', 'THM1105']);
  expect(JSON.stringify(findings)).not.toContain('hunter22');
});
