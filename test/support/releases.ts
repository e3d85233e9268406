/** Signed releases in memory, made with the same parts as `test/support/pki.ts`. */
import { createHash, sign } from 'node:crypto';
import { type MemoryEntry, openMemorySource } from '../../src/adapters/release-source/memory.ts';
import type { ReleaseFile, ReleaseManifest } from '../../src/model/release.ts';
import type { ReleaseSource } from '../../src/ports/release-source.ts';
import type { Signer } from '../../src/ports/signer.ts';
import { type ReleaseDescription, sealManifest } from '../../src/release/build-release.ts';
import { signDetached } from '../../src/release/sign-detached.ts';
import { parseAnchors } from '../../src/trust/policy/anchors.ts';
import type { TrustStore } from '../../src/trust/policy/trust-store.ts';
import * as pki from './pki.ts';

export const description: ReleaseDescription = {
  product: 'themisdb',
  package: 'themisdb',
  version: '1.5.0',
  tagName: 'v1.5.0',
  releaseNotes: 'Faster.',
  releaseDate: '2026-06-01T00:00:00Z',
  isCritical: false,
  counter: 7,
  expiresAt: '2027-06-01T00:00:00Z',
  platform: 'linux',
  architecture: 'x64',
  dependencies: [{ package: 'themis-query', versionConstraint: '>=1.4 <2', optional: false, conflicts: [] }],
  minUpgradeFrom: '1.4.0',
  dataSchemaVersion: 3,
  build: { commit: 'abc123', date: '2026-06-01T00:00:00Z', compiler: 'gcc 14' },
};

export const payload: Readonly<Record<string, string>> = {
  'bin/server': '#!/bin/sh\n',
  'etc/server.conf': 'port 1\n',
  'share/data': '',
};

export function fileOf(path: string, content: string, over: Partial<ReleaseFile> = {}): ReleaseFile {
  const bytes = Buffer.from(content);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, type: 'data', sha256, sizeBytes: bytes.length, permissions: '0644', ...over };
}

export function manifestBytes(over: Partial<ReleaseDescription & Pick<ReleaseManifest, 'files'>> = {}): Uint8Array {
  const files = Object.entries(payload).map(([path, content]) => fileOf(path, content));
  return sealManifest({ ...description, files, ...over }).bytes;
}

/** Signs with the leaf key of `pki`, whose certificate the root of `pki.rootCertificate()` issued. */
export function testSigner(name = 'leaf', kind = 'p256'): Signer {
  const key = pki.keyPair(name, kind);
  return {
    chain: [pki.certificate({ key })],
    algorithm: kind.startsWith('rsa') ? 'rsa-sha256' : 'ecdsa-p256-sha256',
    sign: async (bytes) => sign('sha256', bytes, key.privateKey),
  };
}

export function testTrust(...files: Parameters<typeof pki.anchorsFile>): TrustStore {
  const parsed = parseAnchors(pki.anchorsFile(...files));
  if (!parsed.ok) throw new Error(parsed.message);
  return { anchors: parsed.anchors, crls: [] };
}

/** Entries of a source with one release in `themisdb-1.5.0/`, to be damaged by tests. */
export async function releaseEntries(
  manifest = manifestBytes(),
  signer = testSigner(),
): Promise<Map<string, MemoryEntry>> {
  const entries = new Map<string, MemoryEntry>(
    Object.entries(payload).map(([path, content]) => [`themisdb-1.5.0/${path}`, Buffer.from(content)]),
  );
  entries.set('themisdb-1.5.0/release.json', manifest);
  entries.set('themisdb-1.5.0/release.json.p7s', await signDetached(manifest, signer, pki.nowMs));
  return entries;
}

export function sourceOf(entries: ReadonlyMap<string, MemoryEntry>): ReleaseSource {
  return openMemorySource(entries);
}
