/** What every signer owes the port, whatever holds its key: signatures of its algorithm that its certificate verifies. */
import { constants, verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSigner } from '../../src/adapters/signer/index.ts';
import { issueKeys, type KeyAlgorithm } from '../../src/adapters/signer/issue-keys.ts';
import { hashOfAlgorithm, type SigningAlgorithm, signingAlgorithms } from '../../src/model/signing.ts';
import type { Signer } from '../../src/ports/signer.ts';
import {
  hasSoftHsm,
  issueForPublicKey,
  makeToken,
  softHsmModule,
  type TestToken,
  tokenPin,
} from '../support/signer/soft-hsm.ts';

const sample = fileURLToPath(new URL('../support/signer/sample-kms.ts', import.meta.url));
const ownProgram = fileURLToPath(new URL('../../src/apps/signer/main.ts', import.meta.url));

const keyOf: Readonly<Record<SigningAlgorithm, { readonly issued: KeyAlgorithm; readonly token: string }>> = {
  'rsa-sha256': { issued: 'rsa-3072', token: 'rsa:2048' },
  'rsa-pss-sha256': { issued: 'rsa-3072', token: 'rsa:2048' },
  'ecdsa-p256-sha256': { issued: 'ecdsa-p256', token: 'EC:prime256v1' },
  'ecdsa-p384-sha384': { issued: 'ecdsa-p384', token: 'EC:secp384r1' },
  ed25519: { issued: 'ed25519', token: 'EC:edwards25519' },
};

let directory: string;
let token: TestToken;
const at = (file: string): string => join(directory, file);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'themis-signers-'));
  for (const algorithm of new Set(Object.values(keyOf).map(({ issued }) => issued))) {
    const options = { nowMs: Date.now(), caValidMs: 1e9, signerValidMs: 1e9 };
    const issued = await issueKeys({ name: 'Test CA', algorithm, ...options });
    writeFileSync(at(`${algorithm}.key`), issued.signerKey, { mode: 0o600 });
    writeFileSync(at(`${algorithm}.pem`), issued.signerCertificate);
    writeFileSync(at(`${algorithm}.ca.key`), issued.caKey, { mode: 0o600 });
    writeFileSync(at(`${algorithm}.ca.pem`), issued.caCertificate);
  }
  if (hasSoftHsm) token = makeToken(directory);
}, 120_000);
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const software = (algorithm: SigningAlgorithm): Promise<Signer> => {
  const { issued } = keyOf[algorithm];
  const files = { key: at(`${issued}.key`), certificate: at(`${issued}.pem`) };
  return openSigner({ kind: 'software', ...files, pss: algorithm === 'rsa-pss-sha256' });
};

const program = (command: readonly string[], environment: Record<string, string> = {}): Promise<Signer> =>
  openSigner({
    kind: 'exec',
    command: [process.execPath, ...command],
    directory,
    environment: { PATH: process.env['PATH'], ...environment },
    timeoutMs: 60_000,
    onLog: () => {},
  });

const kms = (algorithm: SigningAlgorithm): Promise<Signer> => {
  const { issued } = keyOf[algorithm];
  return program([
    sample,
    '--algorithm',
    algorithm,
    '--key',
    at(`${issued}.key`),
    '--certificate',
    at(`${issued}.pem`),
  ]);
};

const pkcs11 = (algorithm: SigningAlgorithm): Promise<Signer> => {
  const { issued, token: type } = keyOf[algorithm];
  const id = `0${signingAlgorithms.indexOf(algorithm) + 1}`;
  const ca = { key: at(`${issued}.ca.key`), certificate: at(`${issued}.ca.pem`) };
  const certificate = issueForPublicKey(directory, algorithm, token.makeKey(type, algorithm, id), ca);
  const line = [ownProgram, '--module', softHsmModule, '--token', token.label, '--key', algorithm];
  line.push('--certificate', certificate, ...(algorithm === 'rsa-pss-sha256' ? ['--pss'] : []));
  return program(line, { SOFTHSM2_CONF: token.configuration, THEMIS_PKCS11_PIN: tokenPin });
};

const holders = [
  ['software', software, true],
  ['a program', kms, true],
  ['a PKCS#11 token', pkcs11, hasSoftHsm],
] as const;

describe.each(holders)('%s', (_, open, isHere) => {
  it.skipIf(!isHere).each(signingAlgorithms)('signs with %s what its first certificate verifies', async (algorithm) => {
    const signer = await open(algorithm);
    expect(signer.algorithm).toBe(algorithm);
    const content = Buffer.from(algorithm.repeat(20));
    const signature = await signer.sign(content);
    const { publicKey } = new X509Certificate(Buffer.from(signer.chain[0]!));
    const options =
      algorithm === 'rsa-pss-sha256'
        ? { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
        : publicKey;
    expect(verify(hashOfAlgorithm[algorithm], content, options, signature)).toBe(true);
    expect(verify(hashOfAlgorithm[algorithm], content.subarray(1), options, signature)).toBe(false);
  });
});
