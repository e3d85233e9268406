import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSigner } from '../../../src/adapters/signer/index.ts';
import { type IssuedKeys, issueKeys, keyAlgorithms } from '../../../src/adapters/signer/issue-keys.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import { signDetached } from '../../../src/release/sign-detached.ts';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import { nowMs } from '../../support/pki.ts';

let directory: string;
const issued = new Map<string, IssuedKeys>();
const yearMs = 365 * 86_400_000;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'themis-signer-'));
  for (const algorithm of keyAlgorithms) {
    const keys = await issueKeys({ name: 'Test CA', algorithm, nowMs, caValidMs: 10 * yearMs, signerValidMs: yearMs });
    issued.set(algorithm, keys);
    await writeFile(join(directory, `${algorithm}.key`), keys.signerKey, { mode: 0o600 });
    await writeFile(join(directory, `${algorithm}.pem`), keys.signerCertificate);
    await writeFile(join(directory, `${algorithm}.ca`), keys.caCertificate);
  }
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

const open = (key: string, certificate: string) =>
  openSigner({ kind: 'software', key: join(directory, key), certificate: join(directory, certificate) });

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'ok';
  } catch (error) {
    return error instanceof ThemisError ? error.code : String(error);
  }
}

describe.each(keyAlgorithms)('issued %s keys', (algorithm) => {
  it('sign what the anchors file beside them verifies, from an hour before to the end', async () => {
    const anchors = parseAnchors(Buffer.from(issued.get(algorithm)!.anchors));
    const content = Buffer.from('x');
    const signature = await signDetached(content, open(`${algorithm}.key`, `${algorithm}.pem`), nowMs);
    const verify = (at: number): string => {
      const result = verifyDetached({
        content,
        signature,
        trust: { anchors: anchors.ok ? anchors.anchors : failed(), crls: [] },
        nowMs: at,
        profile: 'codeSigning',
      });
      return result.ok ? 'ok' : result.code;
    };
    expect(verify(nowMs)).toBe('ok');
    expect(verify(nowMs - 3_600_000)).toBe('ok');
    expect(verify(nowMs - 3_601_000)).toBe('ANCHOR_NOT_YET_VALID');
    expect(verify(nowMs + yearMs)).toBe('ok');
    expect(verify(nowMs + yearMs + 1000)).toBe('CERT_EXPIRED');
  });

  it('let the authority sign no release and the signer issue no certificate', async () => {
    const keys = issued.get(algorithm)!;
    await writeFile(join(directory, 'ca.key'), keys.caKey, { mode: 0o600 });
    await expect(signDetached(Buffer.from('x'), open('ca.key', `${algorithm}.ca`), nowMs)).rejects.toMatchObject({
      reason: 'CERT_KEY_USAGE_DIGITAL_SIGNATURE',
    });
    const asAnchor = JSON.stringify({
      formatVersion: '1.0',
      anchors: [{ name: 'x', certificate: keys.signerCertificate }],
      threshold: 1,
    });
    expect(parseAnchors(Buffer.from(asAnchor))).toMatchObject({ ok: false, code: 'ANCHOR_NOT_CA' });
  });
});

describe('a software signer', () => {
  it.each([
    ['a key that is absent', 'NOT_FOUND', 'none.key', 'ecdsa-p256.pem'],
    ['a certificate that is absent', 'NOT_FOUND', 'ecdsa-p256.key', 'none.pem'],
    ['a certificate of another key', 'POLICY_REFUSED', 'ecdsa-p256.key', 'rsa-3072.pem'],
    ['the authority in place of the certificate', 'POLICY_REFUSED', 'ecdsa-p256.key', 'ecdsa-p256.ca'],
    ['no certificate in the file', 'POLICY_REFUSED', 'ecdsa-p256.key', 'ecdsa-p256.key'],
    ['no key in the file', 'POLICY_REFUSED', 'private.pem', 'ecdsa-p256.pem'],
  ])('refuses %s', async (_, code, key, certificate) => {
    await writeFile(join(directory, 'private.pem'), 'nothing', { mode: 0o600 });
    expect(codeOf(() => open(key, certificate))).toBe(code);
  });

  it.skipIf(process.platform === 'win32')('refuses a key that others can read', async () => {
    const path = join(directory, 'ecdsa-p256.key');
    await chmod(path, 0o640);
    expect(codeOf(() => open('ecdsa-p256.key', 'ecdsa-p256.pem'))).toBe('POLICY_REFUSED');
    await chmod(path, 0o600);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(codeOf(() => open('ecdsa-p256.key', 'ecdsa-p256.pem'))).toBe('ok');
  });

  it('is not issued under a name that could be read as more than a name', async () => {
    const options = { algorithm: 'ecdsa-p256', nowMs, caValidMs: yearMs, signerValidMs: yearMs } as const;
    await expect(issueKeys({ ...options, name: 'a, O=b' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

function failed(): never {
  throw new Error('the anchors file was refused');
}
