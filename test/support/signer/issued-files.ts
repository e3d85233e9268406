/** Keys of each algorithm as files, issued once a process, and the trust of a node that believes their authority. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IssuedKeys, issueKeys, type KeyAlgorithm } from '../../../src/adapters/signer/issue-keys.ts';
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import type { TrustStore } from '../../../src/trust/policy/trust-store.ts';
import { nowMs } from '../pki.ts';

export const yearMs = 365 * 86_400_000;

export interface IssuedFiles {
  readonly directory: string;
  readonly key: string;
  readonly certificate: string;
  readonly caCertificate: string;
  readonly issued: IssuedKeys;
  remove(): Promise<void>;
}

export async function issueFiles(algorithm: KeyAlgorithm): Promise<IssuedFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'themis-signer-'));
  const issued = await issueKeys({ name: 'Test CA', algorithm, nowMs, caValidMs: 10 * yearMs, signerValidMs: yearMs });
  const [key, certificate, caCertificate] = ['key', 'pem', 'ca'].map((name) => join(directory, `signer.${name}`));
  await writeFile(key!, issued.signerKey, { mode: 0o600 });
  await writeFile(certificate!, issued.signerCertificate);
  await writeFile(caCertificate!, issued.caCertificate);
  return {
    directory,
    key: key!,
    certificate: certificate!,
    caCertificate: caCertificate!,
    issued,
    remove: async () => await rm(directory, { recursive: true }),
  };
}

export function trustIn({ issued }: IssuedFiles): TrustStore {
  const parsed = parseAnchors(Buffer.from(issued.anchors));
  if (!parsed.ok) throw new Error(parsed.message);
  return { anchors: parsed.anchors, crls: [] };
}
