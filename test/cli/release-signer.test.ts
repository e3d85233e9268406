/** `--signer`: a program that holds the key. What can go wrong with one is in test/unit/adapters/exec-signer.test.ts. */
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processesBelow, startThemis } from '../support/live/live-process.ts';
import { SigningFixture } from '../support/signer/signing-fixture.ts';

const script = fileURLToPath(new URL('../support/signer/sample-kms.ts', import.meta.url));

let fixture: SigningFixture;
beforeAll(async () => {
  fixture = await SigningFixture.make();
});
afterAll(() => fixture.remove());

const kms = (...more: string[]): string =>
  [process.execPath, script, '--algorithm ecdsa-p256-sha256 --key signer.key --certificate ./signer.pem', ...more].join(
    ' ',
  );

test('signs a release and an index, with paths from the directory of the command', async () => {
  expect(await fixture.sign(['--signer', kms()])).toMatchObject({ exitCode: 0, out: expect.stringContaining('p7s') });
  expect(await fixture.verify()).toBe(0);
  expect((await fixture.themis(['index', '.', '--signer', kms()])).exitCode).toBe(0);
  expect(readFileSync(fixture.file('index.json.p7s'))[0]).toBe(0x30);
});

test.each(['die', 'wrong signature', 'refused'])('%s: one error, and not a byte is written', async (fault) => {
  const line = ['--signer', kms(`--fault '${fault}'`)];
  const signed = fixture.contents();
  expect(Object.keys(signed)).toContain('release.json.p7s');
  const ran = await fixture.sign(line);
  expect(ran.exitCode).not.toBe(0);
  expect(fixture.contents()).toEqual(signed);
  rmSync(fixture.file('release/release.json.p7s'));
  await fixture.sign(line);
  expect(Object.keys(fixture.contents()).toSorted()).toEqual(['data.txt', 'release.json']);
  expect((await fixture.sign(['--signer', kms()])).exitCode).toBe(0);
});

test('does not outlive the command, even with its stdio closed', async () => {
  const { ended } = startThemis(fixture.file(''), { PATH: process.env['PATH'] ?? '' }, [
    'release',
    'sign',
    'release',
    '--signer',
    kms("--fault 'close and stay'", `--calls ${fixture.file('calls')}`),
  ]);
  expect(await ended).toMatchObject({ code: 0 });
  expect(readFileSync(fixture.file('calls'), 'utf8').trim().split('\n')).toHaveLength(2);
  expect(processesBelow(fixture.file(''))).toEqual([]);
});

test('what it writes to stderr is shown, and a PIN of a token is not given to it', async () => {
  const show = `console.error(process.env.THEMIS_PKCS11_PIN ?? "no PIN", process.env.KMS_TOKEN)`;
  const line = ['--signer', `${process.execPath} -e '${show}'`];
  const ran = await fixture.sign(line, { THEMIS_PKCS11_PIN: '4711', KMS_TOKEN: 'for the program' });
  expect(ran).toMatchObject({ exitCode: 1, error: { code: 'SIGNER_FAILED' } });
  expect(ran.err).toContain('signer: no PIN for the program\n');
});

test.each([
  [[]],
  [['--key', 'signer.key']],
  [['--certificate', 'signer.pem']],
  [['--signer', 'x', '--key', 'signer.key']],
  [['--signer', 'x', '--pkcs11', 'm']],
  [['--signer', "x 'y"]],
  [['--pkcs11', 'm', '--token', 't', '--key', 'k']],
  [['--pkcs11', 'm', '--key', 'k', '--certificate', 'signer.pem']],
  [['--key', 'signer.key', '--certificate', 'signer.pem', '--token', 't']],
])('%j is a question of usage', async (line) => {
  expect(await fixture.sign(line)).toMatchObject({ exitCode: 64, error: { code: 'USAGE' } });
});
