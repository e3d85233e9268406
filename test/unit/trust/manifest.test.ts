import { describe, expect, it } from 'vitest';
import { digestJson } from '../../../src/kernel/digest.ts';
import type { ReleaseManifest } from '../../../src/model/release.ts';
import { checkRelease, type ReleaseExpectation } from '../../../src/trust/policy/check-release.ts';
import { parseManifest } from '../../../src/trust/policy/parse-manifest.ts';
import * as pki from '../../support/pki.ts';
import { fileOf, manifestBytes, testTrust } from '../../support/releases.ts';

type Loose = Record<string, unknown>;
const good = JSON.parse(new TextDecoder().decode(manifestBytes())) as ReleaseManifest & Loose;

/** With a hash that fits, so that only what a test changes is wrong. */
function sealed(over: Loose): Uint8Array {
  const { manifestHash: _, ...rest } = { ...good, ...over };
  return Buffer.from(JSON.stringify({ ...rest, manifestHash: digestJson(rest) }));
}

function answer(bytes: Uint8Array): { code: string; findings: string[] } {
  const parsed = parseManifest(bytes);
  return parsed.ok
    ? { code: 'ok', findings: [] }
    : { code: parsed.code, findings: parsed.findings.map(({ code }) => code) };
}

describe('a manifest', () => {
  it('that is right is parsed', () => {
    const parsed = parseManifest(manifestBytes());
    expect(parsed.ok && parsed.manifest).toEqual(good);
  });

  const probe = { name: 'orders-of-user', database: 'orders', sql: 'SELECT id FROM orders WHERE user_id = $1' };

  it('may carry what is optional', () => {
    const file = fileOf('a', 'x', {
      platform: 'linux',
      architecture: 'arm64',
      url: 'https://example.org/a',
      metadata: { x: 1 },
    });
    expect(answer(sealed({ files: [file], probes: [probe, { ...probe, database: 'billing' }] })).code).toBe('ok');
  });

  const file = good.files[0]!;
  const cases: Record<string, [string, string, Uint8Array]> = {
    'that is not JSON': ['MANIFEST_INVALID', 'THM2001', Buffer.from('{')],
    'with a member twice': ['MANIFEST_INVALID', 'THM2001', Buffer.from('{"product":"a","product":"b"}')],
    'with an unknown field': ['MANIFEST_INVALID', 'THM2002', sealed({ versoin: '1' })],
    'with an unknown field of a file': ['MANIFEST_INVALID', 'THM2002', sealed({ files: [{ ...file, mode: 1 }] })],
    'without a field': ['MANIFEST_INVALID', 'THM2003', sealed({ counter: undefined })],
    'of another schema version': ['MANIFEST_INVALID', 'THM2004', sealed({ schemaVersion: 2 })],
    'with build metadata in its version': ['MANIFEST_INVALID', 'THM2004', sealed({ version: '1.5.0+x' })],
    'with a package that leaves the directory': ['MANIFEST_INVALID', 'THM2004', sealed({ package: '../x' })],
    'with a local time': ['MANIFEST_INVALID', 'THM2004', sealed({ releaseDate: '2026-06-01T00:00:00+02:00' })],
    'with a day that does not exist': ['MANIFEST_INVALID', 'THM2004', sealed({ expiresAt: '2026-02-30T00:00:00Z' })],
    'with a counter beyond safe integers': ['MANIFEST_INVALID', 'THM2004', sealed({ counter: 2 ** 53 })],
    'with a negative size': ['MANIFEST_INVALID', 'THM2004', sealed({ files: [{ ...file, sizeBytes: -1 }] })],
    'with an upper-case hash': [
      'MANIFEST_INVALID',
      'THM2004',
      sealed({ files: [{ ...file, sha256: file.sha256.toUpperCase() }] }),
    ],
    'with a plain http URL': [
      'MANIFEST_INVALID',
      'THM2004',
      sealed({ files: [{ ...file, url: 'http://example.org/a' }] }),
    ],
    'with a URL that climbs': ['MANIFEST_INVALID', 'THM2004', sealed({ files: [{ ...file, url: '../a' }] })],
    'with a range that is none': [
      'MANIFEST_INVALID',
      'THM2004',
      sealed({ dependencies: [{ package: 'x', versionConstraint: 'new', optional: false, conflicts: [] }] }),
    ],
    'with setuid': ['MANIFEST_INVALID', 'THM2010', sealed({ files: [{ ...file, permissions: '4755' }] })],
    'with a file nobody can read': [
      'MANIFEST_INVALID',
      'THM2010',
      sealed({ files: [{ ...file, permissions: '0000' }] }),
    ],
    'with a mode in decimal': ['MANIFEST_INVALID', 'THM2010', sealed({ files: [{ ...file, permissions: '755' }] })],
    'with files out of order': ['MANIFEST_INVALID', 'THM2011', sealed({ files: [fileOf('b', ''), fileOf('a', '')] })],
    'that depends on itself': [
      'MANIFEST_INVALID',
      'THM2013',
      sealed({ dependencies: [{ package: 'themisdb', versionConstraint: '*', optional: false, conflicts: [] }] }),
    ],
    'with a probe of another shape': ['MANIFEST_INVALID', 'THM2002', sealed({ probes: [{ ...probe, type: 'tcp' }] })],
    'with a probe of no database': [
      'MANIFEST_INVALID',
      'THM2003',
      sealed({ probes: [{ ...probe, database: undefined }] }),
    ],
    'with a probe that asks nothing': ['MANIFEST_INVALID', 'THM2004', sealed({ probes: [{ ...probe, sql: ' ' }] })],
    'with a query of no end': [
      'MANIFEST_INVALID',
      'THM2004',
      sealed({ probes: [{ ...probe, sql: 'x'.repeat(65_537) }] }),
    ],
    'with too many probes': [
      'MANIFEST_INVALID',
      'THM2005',
      sealed({ probes: Array.from({ length: 65 }, () => probe) }),
    ],
    'with a probe twice': ['MANIFEST_INVALID', 'THM2014', sealed({ probes: [probe, { ...probe, sql: 'SELECT 1' }] })],
    'whose hash is without its probes': [
      'MANIFEST_HASH_MISMATCH',
      'THM2012',
      Buffer.from(JSON.stringify({ ...good, probes: [probe] })),
    ],
    'that climbs out': ['MANIFEST_PATH_UNSAFE', 'THM2006', sealed({ files: [fileOf('../../etc/passwd', '')] })],
    'with an absolute path': ['MANIFEST_PATH_UNSAFE', 'THM2006', sealed({ files: [fileOf('/etc/passwd', '')] })],
    'with a device name': ['MANIFEST_PATH_UNSAFE', 'THM2006', sealed({ files: [fileOf('bin/NUL.txt', '')] })],
    'that lists its own manifest': ['MANIFEST_PATH_UNSAFE', 'THM2007', sealed({ files: [fileOf('Release.JSON', '')] })],
    'with a path twice': ['MANIFEST_PATH_COLLISION', 'THM2008', sealed({ files: [fileOf('a', ''), fileOf('a', '')] })],
    'with paths that differ in case only': [
      'MANIFEST_PATH_COLLISION',
      'THM2009',
      sealed({ files: [fileOf('A', ''), fileOf('a', '')] }),
    ],
    'with a file where a directory is': [
      'MANIFEST_PATH_COLLISION',
      'THM2009',
      sealed({ files: [fileOf('a', ''), fileOf('a/b', '')] }),
    ],
    'whose hash is of something else': [
      'MANIFEST_HASH_MISMATCH',
      'THM2012',
      Buffer.from(JSON.stringify({ ...good, counter: 8 })),
    ],
  };
  it.each(Object.entries(cases))('%s is refused', (_, [code, finding, bytes]) => {
    expect(answer(bytes)).toEqual({ code, findings: expect.arrayContaining([finding]) });
  });

  it('with too many files is refused without looking at them', () => {
    const files = Array.from({ length: 50_001 }, () => 0);
    expect(answer(sealed({ files }))).toEqual({ code: 'MANIFEST_INVALID', findings: ['THM2005'] });
  });

  it('reports everything that is wrong at once', () => {
    const { findings } = answer(sealed({ version: '1', counter: -1, extra: true }));
    expect(findings.toSorted()).toEqual(['THM2002', 'THM2004', 'THM2004']);
  });

  it('hashes alike however its members are ordered and spaced', () => {
    const shuffled = Object.fromEntries(Object.entries(good).toReversed());
    expect(answer(Buffer.from(JSON.stringify(shuffled, null, 7))).code).toBe('ok');
  });
});

describe('accepting a release', () => {
  function codeOf(
    expected: ReleaseExpectation,
    over: { nowMs?: number; signature?: Uint8Array | null; manifest?: Uint8Array } = {},
  ): string {
    const manifest = over.manifest ?? manifestBytes();
    const result = checkRelease({
      manifest,
      signature: over.signature === undefined ? pki.signedData(manifest) : over.signature,
      trust: testTrust(),
      expected,
      nowMs: over.nowMs ?? pki.nowMs,
    });
    return result.ok ? 'ok' : result.code;
  }

  it('asks for nothing by itself but a signature', () => {
    expect(codeOf({})).toBe('ok');
    expect(codeOf({}, { signature: null })).toBe('RELEASE_UNSIGNED');
  });

  it('looks at the signature before it looks at the manifest', () => {
    expect(codeOf({}, { manifest: Buffer.from('{'), signature: pki.signedData(Buffer.from('other')) })).toBe(
      'CMS_MESSAGE_DIGEST_MISMATCH',
    );
    expect(codeOf({}, { manifest: Buffer.from('{') })).toBe('MANIFEST_INVALID');
  });

  it.each<[string, ReleaseExpectation]>([
    ['RELEASE_PRODUCT', { product: 'other' }],
    ['RELEASE_PACKAGE', { package: 'other' }],
    ['RELEASE_VERSION', { version: '1.5.1' }],
    ['RELEASE_PLATFORM', { platform: 'macos' }],
    ['RELEASE_ARCHITECTURE', { architecture: 'arm64' }],
    ['RELEASE_OTHER_MANIFEST', { manifestHash: digestJson(1) }],
  ])('%s: refused when something else was meant', (code, expected) => {
    expect(codeOf(expected)).toBe(code);
  });

  it('takes what was meant', () => {
    const expected = {
      product: 'themisdb',
      package: 'themisdb',
      version: '1.5.0',
      platform: 'linux',
      architecture: 'x64',
      manifestHash: good.manifestHash,
    } as const;
    expect(codeOf(expected)).toBe('ok');
    const anywhere = manifestBytes({ platform: 'any', architecture: 'any' });
    expect(codeOf({ platform: 'macos', architecture: 'arm64' }, { manifest: anywhere })).toBe('ok');
  });

  it('ends with the offer, except for a node that had it before', () => {
    const manifest = manifestBytes({ expiresAt: '2026-06-30T00:00:00Z' });
    expect(codeOf({}, { manifest })).toBe('RELEASE_EXPIRED');
    expect(codeOf({ acceptance: 'kept' }, { manifest })).toBe('ok');
    expect(codeOf({}, { manifest: manifestBytes({ expiresAt: null }) })).toBe('ok');
  });
});
