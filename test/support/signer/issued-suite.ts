/** What holds for the keys that `release keygen` issues, whatever their algorithm. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSigner } from '../../../src/adapters/signer/index.ts';
import type { KeyAlgorithm } from '../../../src/adapters/signer/issue-keys.ts';
import { signDetached } from '../../../src/release/sign-detached.ts';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import { nowMs } from '../pki.ts';
import { issueFiles, type IssuedFiles, trustIn, yearMs } from './issued-files.ts';

export function describeIssuedKeys(algorithm: KeyAlgorithm): void {
  describe(`issued ${algorithm} keys`, () => {
    let files: IssuedFiles;
    beforeAll(async () => {
      files = await issueFiles(algorithm);
    });
    afterAll(async () => {
      await files.remove();
    });

    it.each(algorithm.startsWith('rsa') ? [false, true] : [false])(
      'sign what the anchors file beside them verifies, from an hour before to the end (PSS: %s)',
      async (pss) => {
        const content = Buffer.from('x');
        const signer = await openSigner({ kind: 'software', key: files.key, certificate: files.certificate, pss });
        const signature = await signDetached(content, signer, nowMs);
        const verify = (at: number): string => {
          const trust = trustIn(files);
          const result = verifyDetached({ content, signature, trust, nowMs: at, profile: 'codeSigning' });
          return result.ok ? 'ok' : result.code;
        };
        expect(verify(nowMs)).toBe('ok');
        expect(verify(nowMs - 3_600_000)).toBe('ok');
        expect(verify(nowMs - 3_601_000)).toBe('ANCHOR_NOT_YET_VALID');
        expect(verify(nowMs + yearMs)).toBe('ok');
        expect(verify(nowMs + yearMs + 1000)).toBe('CERT_EXPIRED');
      },
    );

    it('let the authority sign no release and the signer issue no certificate', async () => {
      const key = join(files.directory, 'ca.key');
      await writeFile(key, files.issued.caKey, { mode: 0o600 });
      const authority = await openSigner({ kind: 'software', key, certificate: files.caCertificate });
      await expect(signDetached(Buffer.from('x'), authority, nowMs)).rejects.toMatchObject({
        reason: 'CERT_KEY_USAGE_DIGITAL_SIGNATURE',
      });
      const asAnchor = JSON.stringify({
        formatVersion: '1.0',
        anchors: [{ name: 'x', certificate: files.issued.signerCertificate }],
        threshold: 1,
      });
      expect(parseAnchors(Buffer.from(asAnchor))).toMatchObject({ ok: false, code: 'ANCHOR_NOT_CA' });
    });
  });
}
