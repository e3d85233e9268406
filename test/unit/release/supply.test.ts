import { describe, expect, it } from 'vitest';
import { digestJson } from '../../../src/kernel/digest.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { ReleaseManifest } from '../../../src/model/release.ts';
import { assembleIndex } from '../../../src/release/index/assemble-index.ts';
import { encodeIndex } from '../../../src/release/index/encode-index.ts';
import { auditIndex } from '../../../src/release/index/audit-index.ts';
import { sealManifest } from '../../../src/release/build-release.ts';
import { classifyFile, permissionsOf } from '../../../src/release/classify-file.ts';
import { checkFlatFiles, parseFlatManifest } from '../../../src/release/flat/import-flat.ts';
import { parseDependencies } from '../../../src/release/parse-dependency.ts';
import { type FoundRelease, nextCounter } from '../../../src/release/scan-releases.ts';
import { signDetached } from '../../../src/release/sign-detached.ts';
import { verifyIndex } from '../../../src/release/index/verify-index.ts';
import { lastMark, presentIndex, yankedAfter } from '../../../src/release/index/yank.ts';
import { parseReleaseIndex } from '../../../src/model/release-format/parse-index.ts';
import { checkIndex } from '../../../src/trust/policy/check-index.ts';
import { parseManifest } from '../../../src/trust/policy/parse-manifest.ts';
import { time } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';
import { description, fileOf, manifestBytes, sourceOf, testTrust, testSigner } from '../../support/releases.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'ok';
  } catch (error) {
    return error instanceof ThemisError ? error.code : String(error);
  }
}

function found(over: Partial<ReleaseManifest> = {}, isSigned = true): FoundRelease {
  const { manifest } = sealManifest({ ...description, files: [], ...over });
  return { directory: `${manifest.package}-${manifest.version}`, isSigned, result: { ok: true, manifest } };
}

describe('classifying a file', () => {
  it.each([
    ['bin/server', 0o755, 'executable'],
    ['server.exe', 0o644, 'executable'],
    ['lib/libx.so.1.2', 0o755, 'library'],
    ['lib/x.dylib', 0o644, 'library'],
    ['server.yaml', 0o644, 'config'],
    ['etc/hosts', 0o644, 'config'],
    ['share/readme', 0o644, 'data'],
  ] as const)('%s', (path, mode, type) => {
    expect(classifyFile(path, mode)).toBe(type);
  });

  it('keeps of a mode what does not come from an umask or raise privileges', () => {
    expect([0o100775, 0o664, 0o600, 0o4755, 0o111, 0o000].map(permissionsOf)).toEqual([
      '0755',
      '0644',
      '0600',
      '0755',
      '0511',
      '0400',
    ]);
  });
});

describe('dependencies as typed', () => {
  it('become entries sorted by package', () => {
    expect(parseDependencies(['z@>=1 <2', 'a?@^3', 'b'], ['z@1.5.0', 'legacy'])).toEqual([
      { package: 'a', versionConstraint: '^3', optional: true, conflicts: [] },
      { package: 'b', versionConstraint: '*', optional: false, conflicts: [] },
      { package: 'legacy', versionConstraint: '*', optional: true, conflicts: ['legacy'] },
      { package: 'z', versionConstraint: '>=1 <2', optional: false, conflicts: ['z@1.5.0'] },
    ]);
  });

  it.each([['A B'], ['x@'], ['x@new'], ['../x'], ['x', 'x']])('%j is refused', (...depends) => {
    expect(codeOf(() => parseDependencies(depends, []))).toBe('USAGE');
  });
});

describe('sealing a manifest', () => {
  it('gives bytes that the parser takes, the same for equal descriptions', () => {
    const { manifest, bytes } = sealManifest({ ...description, files: [] });
    expect(parseManifest(bytes)).toEqual({ ok: true, manifest });
    expect(sealManifest({ ...structuredClone(description), files: [] }).bytes).toEqual(bytes);
    expect(Buffer.from(bytes).toString()).toMatch(/^\{\n {2}"schemaVersion": 1,\n[^]*\n\}\n$/u);
  });

  it('refuses what a node would refuse', () => {
    expect(codeOf(() => sealManifest({ ...description, version: '1', files: [] }))).toBe('USAGE');
  });
});

describe('an index', () => {
  const options = {
    nowMs: pki.nowMs,
    counter: 3,
    crls: [],
    deltas: [],
    freshForMs: 86_400_000,
    yanked: new Set<never>(),
  };

  it('lists what there is, until when it may be believed, and what is withdrawn', () => {
    const [old, next] = [found({ version: '1.4.0', counter: 6, isCritical: true }), found()];
    const hash = old.result.ok ? old.result.manifest.manifestHash : null;
    const { index, findings } = assembleIndex([old, next], { ...options, yanked: new Set([hash!]) });
    expect(findings).toEqual([]);
    expect(index).toMatchObject({
      product: 'themisdb',
      counter: 3,
      generatedAt: '2026-07-01T00:00:00Z',
      expiresAt: '2026-07-02T00:00:00Z',
      entries: [
        { version: '1.4.0', url: 'themisdb-1.4.0/release.json', critical: true, yanked: true, manifestHash: hash },
        { version: '1.5.0', critical: false },
      ],
    });
    expect(parseReleaseIndex(encodeIndex(index!))).toEqual(index);
  });

  it.each<[string, FoundRelease[], boolean]>([
    [
      'THM2020',
      [{ directory: 'x', isSigned: true, result: { ok: false, code: 'MANIFEST_INVALID', message: 'no' } }],
      false,
    ],
    ['THM2021', [found({}, false)], true],
    ['THM2022', [found(), found({ releaseNotes: 'again' })], false],
    ['THM2023', [found({ version: '1.4.0', counter: 7 }), found()], false],
    ['THM2024', [found(), found({ package: 'other', product: 'other' })], false],
  ])('%s is found', (code, releases, possible) => {
    const { index, findings } = assembleIndex(releases, options);
    expect(findings.map((finding) => finding.code)).toContain(code);
    expect(index !== null).toBe(possible);
  });

  it('is believed while signed and fresh, and nothing else', async () => {
    const { index } = assembleIndex([found()], options);
    const bytes = encodeIndex(index!);
    const signature = await signDetached(bytes, testSigner(), pki.nowMs);
    const check = (over: Partial<Parameters<typeof checkIndex>[0]>): string => {
      const result = checkIndex({ index: bytes, signature, trust: testTrust(), nowMs: pki.nowMs, ...over });
      return result.ok ? 'ok' : result.code;
    };
    expect(check({})).toBe('ok');
    expect(check({ signature: null })).toBe('INDEX_UNSIGNED');
    expect(check({ nowMs: pki.nowMs + 86_400_001 })).toBe('INDEX_STALE');
    expect(check({ nowMs: pki.nowMs - 300_000 })).toBe('ok');
    expect(check({ nowMs: pki.nowMs - 300_001 })).toBe('INDEX_FUTURE');
    expect(check({ index: Buffer.from('{}') })).toBe('CMS_MESSAGE_DIGEST_MISMATCH');
    expect(
      check({ index: Buffer.from('{}'), signature: await signDetached(Buffer.from('{}'), testSigner(), pki.nowMs) }),
    ).toBe('INDEX_INVALID');
  });

  it('is held against what lies there', async () => {
    const { index } = assembleIndex([found({ version: '1.4.0', counter: 1 }), found()], options);
    const bytes = encodeIndex(index!);
    const entries = new Map([
      ['index.json', bytes],
      ['index.json.p7s', await signDetached(bytes, testSigner(), pki.nowMs)],
    ]);
    const codes = async (...releases: FoundRelease[]): Promise<(string | true)[] | undefined> => {
      const audit = await auditIndex(sourceOf(entries), releases, [], testTrust(), pki.nowMs);
      return audit?.checks.map((check) => (check.ok ? true : check.code));
    };
    expect(await codes(found({ version: '1.4.0', counter: 1 }), found())).toEqual([true, true, true]);
    expect(await codes(found({ version: '1.4.0', counter: 2 }))).toEqual([
      true,
      true,
      'INDEX_OTHER_MANIFEST',
      'INDEX_OTHER_MANIFEST',
    ]);
    expect(await auditIndex(sourceOf(new Map()), [], [], testTrust(), pki.nowMs)).toBeNull();
    expect(await verifyIndex(sourceOf(new Map()), testTrust(), pki.nowMs)).toMatchObject({ code: 'INDEX_MISSING' });
  });

  it('keeps what is withdrawn until it is offered again', async () => {
    const release = found();
    const hash = release.result.ok ? release.result.manifest.manifestHash : null;
    const empty = await presentIndex(sourceOf(new Map()));
    expect(empty).toBeNull();
    expect(empty).toBeNull();
    const yanked = yankedAfter([], [release], ['themisdb@1.5.0'], []);
    expect([...yanked]).toEqual([hash]);
    const { index } = assembleIndex([release], { ...options, yanked });
    const present = (await presentIndex(sourceOf(new Map([['index.json', encodeIndex(index!)]]))))!.index;
    const last = lastMark(present, null).yanked;
    expect([...yankedAfter(last, [release], [], [])]).toEqual([hash]);
    expect([...yankedAfter(last, [release], [], ['themisdb@1.5.0'])]).toEqual([]);
    expect(codeOf(() => yankedAfter([], [release], ['themisdb@9.0.0'], []))).toBe('USAGE');
  });

  it('takes a counter that no release of the package has, and built again the same', () => {
    const beside = [
      found({ version: '1.4.0', counter: 4 }),
      found({ version: '1.6.0', counter: 9 }),
      found({ package: 'other', counter: 50 }),
    ];
    const next = (version: string, more = {}, passed = 0): number =>
      nextCounter(beside, { ...description, version, ...more }, passed);
    expect(next('1.5.0')).toBe(10);
    expect(next('1.5.0', {}, 20)).toBe(21);
    expect(next('1.4.0', {}, 20)).toBe(4);
    expect(next('1.4.0', { platform: 'macos' })).toBe(10);
    expect(nextCounter([], description)).toBe(1);
  });

  it('offers no version that a node with a lower one refuses, unless it is withdrawn or for other machines', () => {
    const counters = (releases: FoundRelease[], yanked: FoundRelease[] = []): string[] => {
      const hashes = yanked.flatMap(({ result }) => (result.ok ? [result.manifest.manifestHash] : []));
      const { findings } = assembleIndex(releases, { ...options, yanked: new Set(hashes) });
      return findings.map(({ code, summary }) => `${code} ${summary.split(' ')[1]}`);
    };
    const first = found({ version: '1.4.8', counter: 1 });
    const backport = found({ version: '1.4.9', counter: 3 });
    const higher = found({ version: '1.5.0', counter: 2 });
    const next = found({ version: '1.5.1', counter: 4 });
    expect(counters([first, backport, higher, next])).toEqual(['THM2023 1.5.0']);
    expect(counters([first, found({ version: '1.4.9', counter: 2 }), higher, next])).toEqual(['THM2023 1.5.0']);
    expect(counters([first, backport, higher, next], [higher])).toEqual([]);
    expect(counters([first, found({ version: '1.4.9', counter: 3, platform: 'macos' }), higher])).toEqual([]);
    expect(counters([first, found({ version: '1.4.9', counter: 3, platform: 'any' }), higher])).toHaveLength(1);
    expect(counters([backport, found({ package: 'tools', version: '1.5.0', counter: 1 })])).toEqual([]);
  });
});

describe('signing', () => {
  it('refuses a certificate that would not be believed', async () => {
    const signer = (options: pki.CertificateOptions) => ({ ...testSigner(), chain: [pki.certificate(options)] });
    const refused = async (options: pki.CertificateOptions): Promise<unknown> =>
      await signDetached(manifestBytes(), signer(options), pki.nowMs).then(
        () => 'ok',
        (error: unknown) => (error instanceof ThemisError ? error.reason : error),
      );
    expect(await refused({})).toBe('ok');
    expect(await refused({ notAfter: time(pki.nowMs - 1000) })).toBe('CERT_EXPIRED');
    expect(await refused({ extensions: [pki.extensions.digitalSignature()] })).toBe('CERT_EKU_MISSING');
  });

  it('refuses a key that does not belong to its certificate', async () => {
    const signer = { ...testSigner('other'), chain: testSigner().chain };
    await expect(signDetached(manifestBytes(), signer, pki.nowMs)).rejects.toMatchObject({ code: 'POLICY_REFUSED' });
  });

  it('leaves the root out and carries intermediates', async () => {
    const middleKey = pki.keyPair('middle');
    const middle = pki.certificate({
      subject: pki.name('Middle'),
      key: middleKey,
      extensions: pki.caExtensions(middleKey, pki.keyPair('root')),
    });
    const leaf = pki.certificate({ issuer: pki.name('Middle'), issuerKey: middleKey });
    const signer = { ...testSigner(), chain: [leaf, middle, pki.rootCertificate()] };
    const signature = Buffer.from(await signDetached(manifestBytes(), signer, pki.nowMs));
    expect(signature.includes(middle)).toBe(true);
    expect(signature.includes(pki.rootCertificate())).toBe(false);
  });
});

describe('a flat manifest of ThemisDB', () => {
  const flat = {
    version: '1.5.0',
    tag_name: 'v1.5.0',
    release_notes: 'Faster.',
    is_critical: true,
    release_date: '2026-06-01T00:00:00Z',
    files: [
      {
        architecture: 'x64',
        path: 'lib/x.so',
        platform: 'linux',
        sha256_hash: fileOf('', 'lib').sha256,
        size_bytes: 3,
        type: 'library',
      },
      {
        architecture: 'x64',
        download_url: 'https://example.org/s',
        path: 'bin/s',
        permissions: '0755',
        platform: 'linux',
        sha256_hash: fileOf('', 'bin').sha256,
        size_bytes: 3,
        type: 'executable',
      },
    ],
    build_commit: 'abc',
    build_date: 'yesterday',
    compiler_version: 'GCC 14',
    dependencies: ['rocksdb>=8.0', 'zlib'],
    min_upgrade_from: '1.0.0',
    schema_version: 2,
  };
  const { release_date: _, ...covered } = flat;
  const hashed = {
    ...flat,
    manifest_hash: digestJson(covered).slice('sha256:'.length),
    signature: 'MII',
    signing_certificate: '',
    timestamp_token: '',
  };
  const bytesOf = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));

  it('is read into the form of Themis', () => {
    expect(parseFlatManifest(bytesOf(hashed))).toEqual({
      version: '1.5.0',
      tagName: 'v1.5.0',
      releaseNotes: 'Faster.',
      releaseDate: '2026-06-01T00:00:00Z',
      isCritical: true,
      files: [
        {
          path: 'bin/s',
          type: 'executable',
          sha256: fileOf('', 'bin').sha256,
          sizeBytes: 3,
          permissions: '0755',
          url: 'https://example.org/s',
        },
        { path: 'lib/x.so', type: 'library', sha256: fileOf('', 'lib').sha256, sizeBytes: 3, permissions: '0644' },
      ],
      dependencies: ['rocksdb@>=8.0', 'zlib'],
      minUpgradeFrom: '1.0.0',
      dataSchemaVersion: 2,
      platform: 'linux',
      architecture: 'x64',
      build: { commit: 'abc', date: null, compiler: 'GCC 14' },
    });
  });

  it('names the platform of a file only where files differ', () => {
    const [first, second] = flat.files;
    const mixed = parseFlatManifest(bytesOf({ ...flat, files: [first, { ...second, platform: 'windows' }] }));
    expect(mixed.platform).toBe('any');
    expect(mixed.files.map(({ platform, architecture }) => [platform, architecture])).toEqual([
      ['windows', undefined],
      ['linux', undefined],
    ]);
  });

  it('is refused when its hash or its form is wrong', () => {
    expect(codeOf(() => parseFlatManifest(bytesOf({ ...hashed, version: '1.5.1' })))).toBe('MANIFEST_HASH_MISMATCH');
    expect(codeOf(() => parseFlatManifest(bytesOf({ ...flat, files: 'all' })))).toBe('MANIFEST_INVALID');
    expect(codeOf(() => parseFlatManifest(bytesOf({ ...flat, dependencies: [{}] })))).toBe('MANIFEST_INVALID');
    expect(codeOf(() => parseFlatManifest(bytesOf({ ...flat, version: 15 })))).toBe('MANIFEST_INVALID');
  });

  it('has to list exactly the files that lie there', () => {
    const listed = [fileOf('a', '1'), fileOf('b', '2')];
    expect(codeOf(() => checkFlatFiles(listed, listed))).toBe('ok');
    expect(codeOf(() => checkFlatFiles(listed, [listed[0]!]))).toBe('FILE_MISSING');
    expect(codeOf(() => checkFlatFiles(listed, [listed[0]!, fileOf('b', '3')]))).toBe('FILE_HASH_MISMATCH');
    expect(codeOf(() => checkFlatFiles(listed, [...listed, fileOf('c', '')]))).toBe('FILE_UNLISTED');
  });
});
