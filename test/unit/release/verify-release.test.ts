import { describe, expect, it } from 'vitest';
import type { MemoryEntry } from '../../../src/adapters/release-source/memory.ts';
import { auditRelease } from '../../../src/release/audit-release.ts';
import { parseManifest } from '../../../src/trust/policy/parse-manifest.ts';
import { checkListing, verifyPayload, verifyRelease } from '../../../src/release/verify-release.ts';
import { errorCodeOfRefusal } from '../../../src/trust/refusal.ts';
import * as pki from '../../support/pki.ts';
import { fileOf, manifestBytes, releaseEntries, sourceOf, testTrust, testSigner } from '../../support/releases.ts';

const trust = testTrust();
const at = (path: string): string => `themisdb-1.5.0/${path}`;

function flipped(entry: MemoryEntry | undefined, offset = 0): Uint8Array {
  const bytes = Buffer.from(entry as Uint8Array);
  bytes[offset]! ^= 1;
  return bytes;
}

/** The first refusal as a node meets it: before anything is written, or else while payload is copied. */
async function refusalOf(entries: ReadonlyMap<string, MemoryEntry>, trusted = trust): Promise<string> {
  const source = sourceOf(entries);
  const release = await verifyRelease(
    source,
    'themisdb-1.5.0',
    trusted,
    { package: 'themisdb', version: '1.5.0' },
    pki.nowMs,
  );
  if (!release.ok) return release.code;
  for await (const { refusal } of verifyPayload(source, release)) if (refusal !== null) return refusal.code;
  return 'ok';
}

describe('a release', () => {
  it('that holds is returned with the bytes that were verified', async () => {
    const entries = await releaseEntries();
    const release = await verifyRelease(sourceOf(entries), 'themisdb-1.5.0/release.json', trust, {}, pki.nowMs);
    expect(release).toMatchObject({
      ok: true,
      directory: 'themisdb-1.5.0',
      manifest: { version: '1.5.0' },
      signature: { signer: { subject: 'CN=Signer' } },
    });
    expect(release.ok && release.manifestBytes).toEqual(entries.get(at('release.json')));
    expect(await refusalOf(entries)).toBe('ok');
  });

  it('may be the whole source', async () => {
    const entries = new Map(
      [...(await releaseEntries())].map(([path, entry]) => [path.slice('themisdb-1.5.0/'.length), entry]),
    );
    expect(await verifyRelease(sourceOf(entries), '', trust, {}, pki.nowMs)).toMatchObject({
      ok: true,
      directory: '',
    });
  });

  it('signed with RSA holds as well', async () => {
    expect(await refusalOf(await releaseEntries(manifestBytes(), testSigner('leaf', 'rsa2048')))).toBe('ok');
  });

  const attacks: Record<string, [string, string, (entries: Map<string, MemoryEntry>) => void]> = {
    'with a flipped byte in a payload': [
      'RELEASE_FILE_HASH',
      'FILE_HASH_MISMATCH',
      (entries) => entries.set(at('bin/server'), flipped(entries.get(at('bin/server')))),
    ],
    'with a flipped byte in release.json': [
      'CMS_MESSAGE_DIGEST_MISMATCH',
      'SIGNATURE_INVALID',
      (entries) => entries.set(at('release.json'), flipped(entries.get(at('release.json')), 20)),
    ],
    'with a flipped byte in the signature': [
      'CMS_SIGNATURE_INVALID',
      'SIGNATURE_INVALID',
      (entries) =>
        entries.set(
          at('release.json.p7s'),
          flipped(entries.get(at('release.json.p7s')), (entries.get(at('release.json.p7s')) as Uint8Array).length - 1),
        ),
    ],
    'with a payload that grew': [
      'RELEASE_FILE_SIZE',
      'FILE_HASH_MISMATCH',
      (entries) => entries.set(at('share/data'), Buffer.from('endless'.repeat(1000))),
    ],
    'with a payload that shrank': [
      'RELEASE_FILE_SIZE',
      'FILE_HASH_MISMATCH',
      (entries) => entries.set(at('bin/server'), Buffer.from('#')),
    ],
    'with a payload that is gone': [
      'RELEASE_FILE_MISSING',
      'FILE_MISSING',
      (entries) => entries.delete(at('bin/server')),
    ],
    'with an unlisted file': [
      'RELEASE_FILE_UNLISTED',
      'FILE_UNLISTED',
      (entries) => entries.set(at('bin/extra'), Buffer.from('x')),
    ],
    'with a listed file in another case': [
      'RELEASE_FILE_UNLISTED',
      'FILE_UNLISTED',
      (entries) => {
        entries.set(at('BIN/server'), entries.get(at('bin/server'))!);
        entries.delete(at('bin/server'));
      },
    ],
    'with a link beside the payload': [
      'RELEASE_SYMLINK',
      'SYMLINK_REFUSED',
      (entries) => entries.set(at('lib'), { link: '/usr/lib' }),
    ],
    'with a link in place of a payload': [
      'RELEASE_SYMLINK',
      'SYMLINK_REFUSED',
      (entries) => entries.set(at('bin/server'), { link: '/bin/sh' }),
    ],
    'with a link in place of its manifest': [
      'RELEASE_SYMLINK',
      'SYMLINK_REFUSED',
      (entries) => entries.set(at('release.json'), { link: 'x' }),
    ],
    'without signature': ['RELEASE_UNSIGNED', 'UNSIGNED', (entries) => entries.delete(at('release.json.p7s'))],
    'without manifest': ['MANIFEST_MISSING', 'NOT_FOUND', (entries) => entries.delete(at('release.json'))],
  };
  it.each(Object.entries(attacks))('%s is refused', async (_, [code, error, attack]) => {
    const entries = await releaseEntries();
    attack(entries);
    const refused = await refusalOf(entries);
    expect(refused).toBe(code);
    expect(errorCodeOfRefusal(refused as Parameters<typeof errorCodeOfRefusal>[0])).toBe(error);
  });

  it('of somebody else is refused by another anchor', async () => {
    const stranger = pki.keyPair('stranger');
    const other = pki.rootCertificate({ key: stranger, subject: pki.name('Other'), issuer: pki.name('Other') });
    expect(await refusalOf(await releaseEntries(), testTrust([other]))).toBe('PATH_NO_ANCHOR');
    expect(await refusalOf(await releaseEntries(), testTrust([pki.rootCertificate({ key: stranger })]))).toBe(
      'ANCHOR_KEY_MISMATCH',
    );
  });

  it('whose manifest climbs out is refused even though it is signed', async () => {
    const signer = testSigner();
    const text = Buffer.from(manifestBytes()).toString();
    // Signed without the builder, which would refuse to make it.
    const climbing = Buffer.from(text.replace('"bin/server"', '"../server"'));
    expect(await refusalOf(await releaseEntries(climbing, signer))).toBe('MANIFEST_PATH_UNSAFE');
  });
});

describe('a listing', () => {
  it('with something that is neither file nor directory is refused', () => {
    const parsed = parseManifest(manifestBytes({ files: [fileOf('a', '')] }));
    const manifest = parsed.ok ? parsed.manifest : undefined;
    const listing = [
      { path: 'a', kind: 'other' as const },
      { path: 'release.json', kind: 'file' as const },
    ];
    expect(checkListing(listing, manifest!).map(({ code }) => code)).toEqual(['RELEASE_SPECIAL_FILE']);
  });
});

describe('an audit', () => {
  it('lists every check with what it found', async () => {
    const audit = await auditRelease({
      source: sourceOf(await releaseEntries()),
      path: 'themisdb-1.5.0',
      trust,
      expected: {},
      nowMs: pki.nowMs,
    });
    expect(audit.ok).toBe(true);
    expect(audit.checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['signature', true],
      ['chain', true],
      ['manifest', true],
      ['listing', true],
      ['payload', true],
    ]);
  });

  it('goes on after the first refusal and says each once', async () => {
    const entries = await releaseEntries();
    entries.set(at('extra'), Buffer.from('x'));
    entries.set(at('bin/server'), flipped(entries.get(at('bin/server'))));
    entries.delete(at('etc/server.conf'));
    const progress: number[] = [];
    const audit = await auditRelease({
      source: sourceOf(entries),
      path: 'themisdb-1.5.0',
      trust,
      expected: {},
      nowMs: pki.nowMs,
      onBytes: (done, total) => progress.push(done / total),
    });
    expect(audit.ok).toBe(false);
    expect(audit.checks.flatMap((check) => (check.ok ? [] : [`${check.name} ${check.code}`])).sort()).toEqual([
      'listing RELEASE_FILE_MISSING',
      'listing RELEASE_FILE_UNLISTED',
      'payload RELEASE_FILE_HASH',
    ]);
    expect(progress.at(-1)).toBe(1);
  });

  it('names every fault of a manifest', async () => {
    const bad = Buffer.from(JSON.stringify({ files: [fileOf('a', '')] }));
    const audit = await auditRelease({
      source: sourceOf(await releaseEntries(bad)),
      path: 'themisdb-1.5.0',
      trust,
      expected: {},
      nowMs: pki.nowMs,
    });
    expect(audit.checks.length).toBeGreaterThan(10);
    expect(audit.checks.every((check) => !check.ok && check.code === 'MANIFEST_INVALID')).toBe(true);
  });
});
