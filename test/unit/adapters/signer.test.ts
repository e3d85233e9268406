import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSigner } from '../../../src/adapters/signer/index.ts';
import { issueKeys } from '../../../src/adapters/signer/issue-keys.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import { nowMs } from '../../support/pki.ts';
import { issueFiles, type IssuedFiles, yearMs } from '../../support/signer/issued-files.ts';
import { describeIssuedKeys } from '../../support/signer/issued-suite.ts';

let files: IssuedFiles;
let directory: string;
beforeAll(async () => {
  files = await issueFiles('ecdsa-p256');
  ({ directory } = files);
  const other = await issueKeys({ name: 'Other', algorithm: 'ecdsa-p256', nowMs, caValidMs: 1e9, signerValidMs: 1e9 });
  await writeFile(join(directory, 'other.pem'), other.signerCertificate);
  await writeFile(join(directory, 'empty.key'), 'nothing', { mode: 0o600 });
});
afterAll(async () => {
  await files.remove();
});

describeIssuedKeys('ecdsa-p256');
describeIssuedKeys('ecdsa-p384');

async function codeOf(key: string, certificate: string): Promise<string> {
  try {
    await openSigner({ kind: 'software', key: join(directory, key), certificate: join(directory, certificate) });
    return 'ok';
  } catch (error) {
    return error instanceof ThemisError ? error.code : String(error);
  }
}

describe('a software signer', () => {
  it.each([
    ['a key that is absent', 'NOT_FOUND', 'none.key', 'signer.pem'],
    ['a certificate that is absent', 'NOT_FOUND', 'signer.key', 'none.pem'],
    ['a certificate of another key', 'POLICY_REFUSED', 'signer.key', 'other.pem'],
    ['the authority in place of the certificate', 'POLICY_REFUSED', 'signer.key', 'signer.ca'],
    ['no certificate in the file', 'POLICY_REFUSED', 'signer.key', 'signer.key'],
    ['no key in the file', 'POLICY_REFUSED', 'empty.key', 'signer.pem'],
  ])('refuses %s', async (_, code, key, certificate) => {
    expect(await codeOf(key, certificate)).toBe(code);
  });

  it.skipIf(process.platform === 'win32')('refuses a key that others can read', async () => {
    const path = join(directory, 'signer.key');
    await chmod(path, 0o640);
    expect(await codeOf('signer.key', 'signer.pem')).toBe('POLICY_REFUSED');
    await chmod(path, 0o600);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await codeOf('signer.key', 'signer.pem')).toBe('ok');
  });

  it('is not issued under a name that could be read as more than a name', async () => {
    const options = { algorithm: 'ecdsa-p256', nowMs, caValidMs: yearMs, signerValidMs: yearMs } as const;
    await expect(issueKeys({ ...options, name: 'a, O=b' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
