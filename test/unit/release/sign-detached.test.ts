import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Signer } from '../../../src/ports/signer.ts';
import { encodeSignedData, makeSignerPart } from '../../../src/release/cms/encode-signed-data.ts';
import { signDetachedByAll } from '../../../src/release/sign-detached.ts';
import { readSignedData } from '../../../src/trust/cms/read-signed-data.ts';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { integer } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';
import { testTrust } from '../../support/releases.ts';

const content = Buffer.from('what is released');

const kinds = {
  'rsa-sha256': ['rsa2048', 'sha256'],
  'rsa-pss-sha256': ['rsa2048', 'sha256'],
  'ecdsa-p256-sha256': ['p256', 'sha256'],
  'ecdsa-p384-sha384': ['p384', 'sha384'],
  ed25519: ['ed25519', null],
} as const;

function signerOf(algorithm: Signer['algorithm'], serial = 4711, name = algorithm as string): Signer {
  const [kind, hash] = kinds[algorithm];
  const key = pki.keyPair(name, kind);
  const options = algorithm === 'rsa-pss-sha256' ? { key: key.privateKey, padding: 6, saltLength: 32 } : key.privateKey;
  return {
    algorithm,
    chain: [pki.certificate({ key, serial: integer(serial), subject: pki.name(name) })],
    sign: async (bytes) => sign(hash, bytes, options),
  };
}

describe('a signature of several signers', () => {
  const first = signerOf('ecdsa-p256-sha256', 1);
  const second = signerOf('rsa-sha256', 2);
  const third = signerOf('ecdsa-p384-sha384', 3);

  it('is believed where two are asked for, in whatever order they signed', async () => {
    for (const signers of [
      [first, second],
      [second, first],
      [third, first, second],
    ]) {
      const signature = await signDetachedByAll(content, signers, pki.nowMs);
      const trust = testTrust([pki.rootCertificate()], 2);
      const verified = verifyDetached({ content, signature, trust, nowMs: pki.nowMs, profile: 'codeSigning' });
      expect(verified).toMatchObject({ ok: true });
      expect(verified.ok && [verified.signer, ...verified.cosigners]).toHaveLength(signers.length);
    }
  });

  it('lists each hash and each certificate once', async () => {
    const signature = await signDetachedByAll(content, [first, signerOf('ecdsa-p256-sha256', 4, 'fourth')], pki.nowMs);
    const data = readSignedData(signature);
    expect([...data.digests]).toEqual(['sha256']);
    expect(data.certificates).toHaveLength(2);
  });

  it('is not begun when one of them may not sign', async () => {
    let asked = 0;
    const counting: Signer = { ...first, sign: async (bytes) => ((asked += 1), first.sign(bytes)) };
    const expired = { ...second, chain: [pki.certificate({ extensions: [] })] };
    await expect(signDetachedByAll(content, [counting, expired], pki.nowMs)).rejects.toMatchObject({
      code: 'CERTIFICATE_INVALID',
    });
    expect(asked).toBe(0);
  });
});

it('Ed25519 hashes the content with SHA-512 and names both algorithms without parameters (RFC 8419 3.1)', async () => {
  const signed: Uint8Array[] = [];
  const signer = signerOf('ed25519');
  const noting: Signer = { ...signer, sign: async (bytes) => (signed.push(bytes), signer.sign(bytes)) };
  const { info, hash } = await makeSignerPart(content, noting, signer.chain, pki.nowMs);
  const digest = createHash('sha512').update(content).digest();
  expect(hash).toBe('sha512');
  expect(Buffer.from(signed[0]!).includes(digest)).toBe(true);
  const written = Buffer.from(info);
  expect(written.includes(Buffer.from(signed[0]!.subarray(2)))).toBe(true);
  expect(written.includes(Buffer.from('300b0609608648016503040203', 'hex'))).toBe(true);
  expect(
    written.includes(Buffer.concat([Buffer.from('300506032b65700440', 'hex'), await signer.sign(signed[0]!)])),
  ).toBe(true);
});

describe('with openssl as the reader', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'themis-encode-'));
    writeFileSync(join(directory, 'root.pem'), pki.pem(pki.rootCertificate()));
    writeFileSync(join(directory, 'content'), content);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  // OpenSSL 3.0 knows no Ed25519 in CMS; trust's own reader is asked in test/unit/adapters/signer-pss-ed25519.test.ts.
  const known = ['rsa-sha256', 'rsa-pss-sha256', 'ecdsa-p256-sha256', 'ecdsa-p384-sha384'] as const;
  it.each(known)('a signature of %s holds', async (algorithm) => {
    const signer = signerOf(algorithm);
    const signature = encodeSignedData([await makeSignerPart(content, signer, signer.chain, pki.nowMs)]);
    writeFileSync(join(directory, 'signature'), signature);
    const line = ['cms', '-verify', '-inform', 'DER', '-in', 'signature', '-binary', '-content', 'content'];
    line.push('-CAfile', 'root.pem', '-purpose', 'any', '-attime', String(pki.nowMs / 1000), '-out', 'out');
    const ran = spawnSync('openssl', line, { cwd: directory, encoding: 'utf8' });
    expect(ran.stderr).toContain('Verification successful');
  });
});
