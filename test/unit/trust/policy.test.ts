import { expect, test } from 'vitest';
import type { ReleaseIndex, ReleaseIndexEntry, ReleaseManifest } from '../../../src/model/release.ts';
import { cosignDetached } from '../../../src/release/cms/cosign-detached.ts';
import { signDetached, signDetachedByAll } from '../../../src/release/sign-detached.ts';
import type { Signer } from '../../../src/ports/signer.ts';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import { checkPlacedFile, type PlacedFile } from '../../../src/trust/policy/check-anchor-files.ts';
import { checkIndexCounter, checkReleaseCounter } from '../../../src/trust/policy/check-counters.ts';
import { checkEntry, checkProduct, findEntry } from '../../../src/trust/policy/check-entry.ts';
import type { Digest } from '../../../src/kernel/digest.ts';
import { checkRelease, type ReleaseInput } from '../../../src/trust/policy/check-release.ts';
import { checkRotation } from '../../../src/trust/policy/check-rotation.ts';
import { parseManifest } from '../../../src/trust/policy/parse-manifest.ts';
import type { TrustStore } from '../../../src/trust/policy/trust-store.ts';
import type { Refusal } from '../../../src/trust/refusal.ts';
import { integer, time } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';
import { manifestBytes, testSigner, testTrust } from '../../support/releases.ts';

const codeOf = (result: Refusal | { readonly ok: true } | undefined): string =>
  result === undefined || result.ok ? 'ok' : result.code;

const manifest = ((): ReleaseManifest => {
  const parsed = parseManifest(manifestBytes());
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.manifest;
})();

test('a release counter below the floor, or too far above it, is refused; at first contact none is', () => {
  const check = (counter: number, floor: number | undefined, holder?: Digest): string =>
    codeOf(
      checkReleaseCounter(
        { ...manifest, counter },
        floor === undefined ? undefined : { counter: floor, manifestHash: holder },
        1000,
      ),
    );
  expect(check(4, 5)).toBe('COUNTER_ROLLED_BACK');
  expect(check(5, 5)).toBe('ok');
  expect(check(5, 5, manifest.manifestHash)).toBe('ok');
  expect(check(5, 5, `sha256:${'0'.repeat(64)}`)).toBe('COUNTER_ROLLED_BACK');
  expect(check(6, 5, `sha256:${'0'.repeat(64)}`)).toBe('ok');
  expect(check(1005, 5)).toBe('ok');
  expect(check(1006, 5)).toBe('COUNTER_JUMP');
  expect(check(Number.MAX_SAFE_INTEGER, undefined)).toBe('ok');
});

test('an index counter below the highest seen, or too far above it, is refused', () => {
  const check = (counter: number, seen: number | undefined): string =>
    codeOf(checkIndexCounter({ product: 'themisdb', counter }, seen, 10));
  expect(check(4, 5)).toBe('INDEX_ROLLED_BACK');
  expect(check(5, 5)).toBe('ok');
  expect(check(16, 5)).toBe('INDEX_JUMP');
  expect(check(16, undefined)).toBe('ok');
});

const { package: name, version, platform, architecture, manifestHash } = manifest;
const url = 'themisdb-1.5.0/release.json';
const entry: ReleaseIndexEntry = { package: name, version, platform, architecture, manifestHash, url, critical: false };
const indexOf = (...entries: ReleaseIndexEntry[]): ReleaseIndex => ({
  formatVersion: '1.0',
  product: 'themisdb',
  counter: 1,
  generatedAt: '2026-06-01T00:00:00Z',
  expiresAt: '2026-09-01T00:00:00Z',
  entries,
  deltas: [],
});

test('a release is taken only as the index lists it', () => {
  const wanted = { package: name, version, manifestHash, url };
  const other = `sha256:${'0'.repeat(64)}` as const;
  expect(codeOf(findEntry(indexOf(entry), wanted))).toBe('ok');
  expect(codeOf(findEntry(indexOf(), wanted))).toBe('INDEX_ENTRY_MISSING');
  expect(codeOf(findEntry(indexOf({ ...entry, manifestHash: other }), wanted))).toBe('INDEX_OTHER_MANIFEST');
  expect(codeOf(findEntry(indexOf({ ...entry, version: '1.4.0' }), wanted))).toBe('INDEX_OTHER_MANIFEST');
  expect(codeOf(findEntry(indexOf({ ...entry, url: 'x/release.json' }), wanted))).toBe('INDEX_OTHER_MANIFEST');
  expect(codeOf(findEntry(indexOf({ ...entry, yanked: true }), wanted))).toBe('INDEX_YANKED');
});

test('index and manifest say the same, and the product is that of the node', () => {
  expect(codeOf(checkEntry(indexOf(), entry, manifest))).toBe('ok');
  expect(codeOf(checkEntry({ product: 'other' }, entry, manifest))).toBe('RELEASE_PRODUCT');
  for (const over of [{ platform: 'macos' }, { architecture: 'arm64' }, { version: '9.0.0' }] as const) {
    expect(codeOf(checkEntry(indexOf(), { ...entry, ...over }, manifest))).toBe('INDEX_OTHER_MANIFEST');
  }
  expect(codeOf(checkProduct(manifest, null))).toBe('ok');
  expect(codeOf(checkProduct(manifest, ['other', 'themisdb']))).toBe('ok');
  expect(codeOf(checkProduct(manifest, ['other']))).toBe('RELEASE_PRODUCT');
});

test('what lies in the trust directory is a plain file of root or of the node, writable by nobody else', () => {
  const check = (over: Partial<PlacedFile>, user: number | null = 1000): string =>
    codeOf(checkPlacedFile({ path: '/x', kind: 'file', mode: 0o644, owner: 1000, ...over }, 'file', user));
  expect(check({})).toBe('ok');
  expect(check({ owner: 0 })).toBe('ok');
  expect(check({ kind: 'symlink' })).toBe('ANCHORS_LINKED');
  expect(check({ kind: 'directory' })).toBe('ANCHORS_CHANGED');
  expect(check({ owner: 1001 })).toBe('ANCHORS_OWNER');
  expect(check({ mode: 0o664 })).toBe('ANCHORS_WRITABLE');
  expect(check({ mode: 0o646 })).toBe('ANCHORS_WRITABLE');
  expect(check({ mode: 0o666, owner: 1001 }, null)).toBe('ok');
});

test('what a restore point keeps outlives the certificate of its signer, what is installed outlives any', async () => {
  const bytes = manifestBytes();
  const signature = await signDetached(bytes, testSigner(), pki.nowMs);
  const check = (acceptance: 'new' | 'kept' | 'installed', pinned = true, over: Partial<ReleaseInput> = {}): string =>
    codeOf(
      checkRelease({
        manifest: bytes,
        signature,
        trust: testTrust([pki.rootCertificate({ notAfter: time(pki.nowMs + 10 * 365 * 86_400_000) })]),
        expected: { acceptance, ...(pinned ? { manifestHash } : {}) },
        nowMs: pki.nowMs + 60 * 86_400_000,
        ...over,
      }),
    );
  expect(check('new')).toBe('CERT_EXPIRED');
  expect(check('kept')).toBe('ok');
  expect(check('kept', false)).toBe('CERT_EXPIRED');
  expect(check('installed')).toBe('ok');
  expect(check('installed', false)).toBe('CERT_EXPIRED');
  const rotated = {
    trust: testTrust([
      pki.rootCertificate({ key: pki.keyPair('other'), notAfter: time(pki.nowMs + 10 * 365 * 86_400_000) }),
    ]),
  };
  expect(check('kept', true, rotated)).not.toBe('ok');
  expect(check('installed', true, rotated)).toBe('ok');
});

const rootOf = (each: string): Uint8Array =>
  pki.rootCertificate({ key: pki.keyPair(each), subject: pki.name(each), issuer: pki.name(each) });
const roots = ['one', 'two', 'three'].map(rootOf);

/** A signer under one of these roots. */
function signerUnder(root: string, key = `${root} signer`): Signer {
  const pair = pki.keyPair(key);
  const issuerKey = pki.keyPair(root);
  const certificate = pki.certificate({
    key: pair,
    issuerKey,
    issuer: pki.name(root),
    subject: pki.name(key),
    serial: integer(key.length + 100),
  });
  return { ...testSigner(key), chain: [certificate] };
}

/** The anchor itself. */
function anchorSigner(root: string): Signer {
  return { ...testSigner(root), chain: [rootOf(root)] };
}

async function signedBy(content: Uint8Array, ...signers: readonly Signer[]): Promise<Uint8Array> {
  const [first, ...others] = signers;
  let signature = await signDetached(content, first!, pki.nowMs);
  for (const signer of others) signature = await cosignDetached(content, signature, signer, pki.nowMs);
  return signature;
}

function trustIn(threshold: number): TrustStore {
  const parsed = parseAnchors(pki.anchorsFile(roots, threshold));
  if (!parsed.ok) throw new Error(parsed.message);
  return { anchors: parsed.anchors, crls: [] };
}

test('m of n: one signer fewer than the threshold is refused, distinct keys count', async () => {
  const content = manifestBytes();
  const verify = (signature: Uint8Array, threshold: number): string =>
    codeOf(verifyDetached({ content, signature, trust: trustIn(threshold), nowMs: pki.nowMs, profile: 'codeSigning' }));
  const [one, two, three] = ['one', 'two', 'three'].map((root) => signerUnder(root)) as [Signer, Signer, Signer];
  const both = await signedBy(content, one, two);
  expect(verify(both, 2)).toBe('ok');
  expect(verify(both, 3)).toBe('CMS_SIGNER_TOO_FEW');
  expect(verify(await signedBy(content, one, two, three), 3)).toBe('ok');
  expect(verify(await signedBy(content, one), 2)).toBe('CMS_SIGNER_TOO_FEW');
  await expect(cosignDetached(content, both, one, pki.nowMs)).rejects.toMatchObject({ code: 'POLICY_REFUSED' });
  await expect(cosignDetached(Buffer.from('other'), both, three, pki.nowMs)).rejects.toMatchObject({
    reason: 'CMS_MESSAGE_DIGEST_MISMATCH',
  });
});

test('anchors give way only to a newer document that enough of them signed, each for itself', async () => {
  const documentOf = (more: object): Uint8Array => {
    const text = Buffer.from(pki.anchorsFile(roots.slice(0, 1))).toString();
    return Buffer.from(JSON.stringify({ ...(JSON.parse(text) as object), ...more }));
  };
  const next = documentOf({ version: 2 });
  const judge = (document: Uint8Array, signature: Uint8Array | null, nowMs = pki.nowMs): string =>
    codeOf(checkRotation({ document, signature, trust: trustIn(1), nowMs }));
  const rotate = async (document: Uint8Array, ...signers: readonly Signer[]): Promise<string> =>
    judge(document, await signDetachedByAll(document, signers, pki.nowMs, 'anchor'));
  const [one, two] = ['one', 'two'].map(anchorSigner) as [Signer, Signer];
  expect(await rotate(next, one, two)).toBe('ok');
  expect(judge(next, null)).toBe('ANCHORS_ROTATION_UNSIGNED');
  expect(await rotate(next, one)).toBe('ANCHORS_ROTATION_SIGNERS');
  expect(await rotate(next, one, anchorSigner('four'))).toBe('ANCHORS_ROTATION_SIGNERS');
  expect(await rotate(documentOf({}), one, two)).toBe('ANCHORS_ROTATION_VERSION');
  expect(await rotate(documentOf({ version: 0 }), one, two)).toBe('ANCHORS_MALFORMED');
  // Whoever signs releases under the anchors is none of them.
  const stolen = await signedBy(next, signerUnder('one'), signerUnder('two'));
  expect(judge(next, stolen)).toBe('ANCHORS_ROTATION_SIGNERS');
  const both = await signDetachedByAll(next, [one, two], pki.nowMs, 'anchor');
  expect(judge(documentOf({ version: 3 }), both)).toBe('CMS_MESSAGE_DIGEST_MISMATCH');
  expect(judge(next, both, pki.nowMs + 40 * 365 * 86_400_000)).toBe('ANCHOR_EXPIRED');
  await expect(signDetachedByAll(next, [signerUnder('one')], pki.nowMs, 'anchor')).rejects.toMatchObject({
    code: 'CERTIFICATE_INVALID',
  });
});
