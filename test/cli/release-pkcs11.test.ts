/** `--pkcs11`: keys made in a real token of SoftHSM, and every way in which signing with one goes wrong. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ran } from '../support/run-command.ts';
import { SigningFixture } from '../support/signer/signing-fixture.ts';
import { hasSoftHsm, issueForPublicKey, makeToken, softHsmModule, tokenPin } from '../support/signer/soft-hsm.ts';

const wrongPin = '000000';

describe.skipIf(!hasSoftHsm)('a key in a token', () => {
  let fixture: SigningFixture;
  const environment: Record<string, string> = {};

  beforeAll(async () => {
    fixture = await SigningFixture.make();
    const token = makeToken(fixture.root);
    const issue = (name: string, publicKey: string) =>
      issueForPublicKey(fixture.root, name, publicKey, fixture.authority);
    issue('ec', token.makeKey('EC:prime256v1', 'ec', '01'));
    issue('rsa', token.makeKey('rsa:2048', 'rsa', '02'));
    token.makeKey('EC:prime256v1', 'other', '03');
    token.makeKey('EC:prime256v1', 'twice', '04');
    token.makeKey('EC:prime256v1', 'twice', '05');
    token.makeKey('EC:prime256v1', 'same-id', '01');
    issue('twin', token.makeKey('EC:prime256v1', 'own-id', '07'));
    const lost = makeToken(fixture.root, 'lost');
    lost.wipe();
    mkdirSync(fixture.file('tokens-lost'));
    Object.assign(environment, { SOFTHSM2_CONF: token.configuration, THEMIS_PKCS11_PIN: tokenPin });
    watchTool();
  }, 120_000);
  afterAll(() => fixture.remove());

  /** Before the real pkcs11-tool one that notes what it was called with. */
  function watchTool(): void {
    mkdirSync(fixture.file('bin'));
    const note = `printf '%s\\n' "$*" >> '${fixture.file('calls')}'`;
    const script = `#!/bin/sh\n${note}\nPATH="\${PATH#*:}" exec pkcs11-tool "$@"\n`;
    writeFileSync(fixture.file('bin/pkcs11-tool'), script, { mode: 0o755 });
    environment['PATH'] = `${fixture.file('bin')}:${process.env['PATH'] ?? ''}`;
  }

  const calls = (): string[] =>
    existsSync(fixture.file('calls')) ? readFileSync(fixture.file('calls'), 'utf8').trim().split('\n') : [];

  interface Change {
    readonly module?: string;
    readonly token?: string;
    readonly key?: string;
    readonly certificate?: string;
    readonly more?: readonly string[];
    readonly environment?: Record<string, string>;
  }

  async function sign(change: Change): Promise<Ran> {
    rmSync(fixture.file('calls'), { force: true });
    const { module = softHsmModule, token = 'releases', key = 'own-id', certificate = 'twin.pem', more = [] } = change;
    const line = ['--pkcs11', module, '--token', token, '--key', key, '--certificate', certificate, ...more];
    return await fixture.sign(line, { ...environment, ...change.environment });
  }

  test.each([
    ['ECDSA on P-256', 'own-id', 'twin.pem'],
    ['RSA', 'rsa', 'rsa.pem'],
  ])('of %s signs what nodes believe; the PIN is in no argument', async (_, key, certificate) => {
    expect(await sign({ key, certificate })).toMatchObject({ exitCode: 0, error: undefined });
    expect(await fixture.verify()).toBe(0);
    expect(calls()).toHaveLength(3);
    expect(calls().join('\n')).not.toContain(tokenPin);
  });

  test('takes the PIN from a file, which counts more than the variable and has to be its owner’s alone', async () => {
    writeFileSync(fixture.file('pin'), `${tokenPin}\n`, { mode: 0o600 });
    const change = { more: ['--pin-file', 'pin'], environment: { THEMIS_PKCS11_PIN: wrongPin } };
    expect(await sign(change)).toMatchObject({ exitCode: 0 });
    chmodSync(fixture.file('pin'), 0o644);
    expect(await sign(change)).toMatchObject({ exitCode: 4, error: { reason: 'SIGNER_REFUSED' } });
    expect(calls().filter((line) => line.includes('--login'))).toEqual([]);
  });

  const failures: readonly [string, string, string, Change][] = [
    ['a wrong PIN', 'POLICY_REFUSED', 'PIN_WRONG', { environment: { THEMIS_PKCS11_PIN: wrongPin } }],
    ['no PIN', 'POLICY_REFUSED', 'PIN_MISSING', { environment: { THEMIS_PKCS11_PIN: '' } }],
    ['a PIN of two lines', 'POLICY_REFUSED', 'PIN_MISSING', { environment: { THEMIS_PKCS11_PIN: '1\n2' } }],
    ['another token', 'NOT_FOUND', 'TOKEN_MISSING', { token: 'others' }],
    ['another key', 'NOT_FOUND', 'KEY_MISSING', { key: 'signer.key' }],
    ['a key of another kind', 'POLICY_REFUSED', 'KEY_MISMATCH', { certificate: 'rsa.pem' }],
    ['a key that is not the certificate’s', 'POLICY_REFUSED', 'KEY_MISMATCH', { key: 'other' }],
    ['two keys of one label', 'POLICY_REFUSED', 'KEY_AMBIGUOUS', { key: 'twice' }],
    ['two keys of one ID', 'POLICY_REFUSED', 'KEY_AMBIGUOUS', { key: 'ec', certificate: 'ec.pem' }],
    ['no certificate file', 'NOT_FOUND', 'NOT_FOUND', { certificate: 'none.pem' }],
    ['no module', 'NOT_FOUND', 'MODULE_INVALID', { module: './none.so' }],
    ['a file that is no module', 'NOT_FOUND', 'MODULE_INVALID', { module: './signer.pem' }],
    ['a module that does not start', 'NOT_FOUND', 'MODULE_INVALID', { environment: { SOFTHSM2_CONF: '/dev/null/x' } }],
  ];

  test.each(failures)('%s: %s, one error with its fix, no file', async (_, code, reason, change) => {
    rmSync(fixture.file('release/release.json.p7s'), { force: true });
    const ran = await sign(change);
    expect(ran.error).toMatchObject({ code, reason: `SIGNER_${reason}` });
    if (reason !== 'NOT_FOUND') expect(ran.error?.hint).toEqual(expect.any(String));
    expect(Object.keys(fixture.contents()).toSorted()).toEqual(['data.txt', 'release.json']);
    expect(`${ran.out}${ran.err}${calls().join()}`).not.toContain(tokenPin);
  });

  test('a wrong PIN is tried once, and a signature that was there stays', async () => {
    expect((await sign({})).exitCode).toBe(0);
    const before = fixture.contents();
    expect((await sign({ environment: { THEMIS_PKCS11_PIN: wrongPin } })).exitCode).toBe(4);
    expect(calls().filter((line) => line.includes('--login'))).toHaveLength(1);
    expect(fixture.contents()).toEqual(before);
  });

  test('a token that was pulled out or wiped is named, with what is there', async () => {
    const configuration = fixture.file('softhsm-lost.conf');
    const ran = await sign({ token: 'lost', environment: { SOFTHSM2_CONF: configuration } });
    expect(ran.error).toMatchObject({ code: 'NOT_FOUND', reason: 'SIGNER_TOKEN_MISSING' });
    expect(ran.error?.message).toContain('present: no token that is initialised');
  });

  test('without pkcs11-tool it says how to get it', async () => {
    const ran = await sign({ environment: { PATH: fixture.file('release') } });
    expect(ran).toMatchObject({ exitCode: 69, error: { code: 'RUNTIME_MISSING' } });
    expect(ran.error?.hint).toContain('apt-get install opensc');
  });
});
