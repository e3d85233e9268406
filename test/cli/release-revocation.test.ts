import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nowMs } from '../support/pki.ts';
import { revoking } from '../support/revoking.ts';
import { runCommand, type Ran } from '../support/run-command.ts';

let root: string;
let list: Uint8Array;
const release = 'releases/themisdb-1.5.0';
const keys = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];

const themis = async (...line: string[]): Promise<Ran> => await runCommand(root, ['release', ...line]);
const verify = async (...line: string[]): Promise<Ran> =>
  await themis('verify', ...line, '--anchors', 'keys/anchors.json');

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'themis-revocation-'));
  mkdirSync(join(root, release), { recursive: true });
  writeFileSync(join(root, release, 'server'), 'x');
  for (const line of [
    ['keygen', 'keys'],
    ['build', release, '--package', 'themisdb', '--version', '1.5.0'],
    ['sign', release, ...keys],
    ['index', 'releases', ...keys],
  ])
    expect((await themis(...line)).exitCode).toBe(0);
  list = await revoking(join(root, 'keys'), 'signer.certificate.pem', nowMs);
});

afterAll(() => rmSync(root, { recursive: true }));

test('a signer that a list at hand names is refused, whether the list is named itself or its directory', async () => {
  expect((await verify(release)).exitCode).toBe(0);
  mkdirSync(join(root, 'lists'));
  writeFileSync(join(root, 'lists/ca.crl'), list);
  writeFileSync(join(root, 'lists/README'), 'no list');
  for (const place of ['lists', 'lists/ca.crl']) {
    const ran = await verify(release, '--crls', place);
    expect(ran.exitCode).toBe(4);
    expect(ran.out).toMatch(/FAIL {2}revocation .*CERT_REVOKED/u);
  }
});

test('a list that cannot be read is not left out in silence', async () => {
  writeFileSync(join(root, 'lists/ca.crl'), list.subarray(1));
  expect((await verify(release, '--crls', 'lists')).error?.code).toBe('SIGNATURE_MALFORMED');
  expect((await verify(release, '--crls', 'nowhere')).error?.code).toBe('NOT_FOUND');
});

test('where lists are required, one has to be at hand', async () => {
  const anchors = JSON.parse(readFileSync(join(root, 'keys/anchors.json'), 'utf8')) as object;
  writeFileSync(join(root, 'keys/strict.json'), JSON.stringify({ ...anchors, revocation: 'required' }));
  const ran = await themis('verify', release, '--anchors', 'keys/strict.json');
  expect(ran.exitCode).toBe(4);
  expect(ran.out).toMatch(/FAIL {2}revocation .*CRL_MISSING/u);
});

test('the lists that an index brings count for the releases beside it, as they do on a node', async () => {
  mkdirSync(join(root, 'releases/crls'));
  writeFileSync(join(root, 'releases/crls/ca.crl'), list);
  expect((await themis('index', 'releases', ...keys)).exitCode).toBe(0);
  const ran = await verify('releases');
  expect(ran.exitCode).toBe(4);
  expect(ran.out).toMatch(/ok {4}revocation {2}crls\/ca\.crl of .*, 1 revoked/u);
  expect(ran.out).toMatch(/FAIL {2}revocation .*CERT_REVOKED/u);
  writeFileSync(join(root, 'releases/crls/ca.crl'), 'another');
  expect((await verify('releases')).out).toMatch(/FAIL {2}revocation {2}.*INDEX_LIST/u);
});
