import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { exitCodeOf } from '../../../src/kernel/error.ts';
import { errorCodeOfRefusal, refusing, toTrustError, trustCodes } from '../../../src/trust/refusal.ts';

const tests = fileURLToPath(new URL('../..', import.meta.url));

test('every code of a refusal is asserted by some test or has a bad fixture', () => {
  const text = readdirSync(tests, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') || /support.trust.bad-[\w-]+\.ts$/u.test(file))
    .map((file) => readFileSync(join(tests, file), 'utf8'))
    .join('\n');
  expect(trustCodes().length).toBeGreaterThan(80);
  expect(trustCodes().filter((code) => !text.includes(`'${code}'`))).toEqual([]);
});

test('a refusal ends a command with 4, except that a release which is not there is not found', () => {
  const codes = new Map(trustCodes().map((code) => [code, exitCodeOf(errorCodeOfRefusal(code))]));
  expect([...codes].filter(([, exit]) => exit !== 4)).toEqual([['MANIFEST_MISSING', 1]]);
});

test('an error made of a refusal names both codes', () => {
  const error = toTrustError({ code: 'CERT_EXPIRED', message: 'It has expired.' }, 'keys/anchors.json');
  expect(error).toMatchObject({
    code: 'CERTIFICATE_INVALID',
    reason: 'CERT_EXPIRED',
    message: 'keys/anchors.json: It has expired. (CERT_EXPIRED)',
  });
});

test('a bug is not turned into a refusal', () => {
  const bug = new TypeError('x');
  expect(() =>
    refusing(() => {
      throw bug;
    }),
  ).toThrow(bug);
});
