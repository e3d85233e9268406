import { describe, expect, it } from 'vitest';
import { digestBytes, hexOf } from '../../../src/kernel/digest.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import { pathProblem } from '../../../src/kernel/path-guard.ts';
import type { ReleaseDelta } from '../../../src/model/delta.ts';
import { encodeReleaseDelta, parseReleaseDelta } from '../../../src/model/release-format/parse-delta.ts';
import { deltaDirectoryName } from '../../../src/model/release-format/layout.ts';
import { signDetached } from '../../../src/release/sign-detached.ts';
import { checkDelta, type DeltaExpectation } from '../../../src/trust/policy/check-delta.ts';
import { delta, deltaFile, from, releaseOf, to } from '../../support/delta/delta-fixture.ts';
import * as pki from '../../support/pki.ts';
import { testSigner, testTrust } from '../../support/releases.ts';

function codeOf(bytes: Uint8Array, unknown?: 'refuse'): string {
  try {
    parseReleaseDelta(bytes, unknown);
    return 'ok';
  } catch (error) {
    return error instanceof ThemisError ? error.code : String(error);
  }
}

const encoded = (over: object): Uint8Array => Buffer.from(JSON.stringify({ ...delta, ...over }));
const withFile = (over: object): Uint8Array => encoded({ files: [{ ...deltaFile, ...over }] });
const other = 'f'.repeat(64);

describe('delta.json', () => {
  it('is read as it was written, whatever order its fields came in', () => {
    const bytes = encodeReleaseDelta(delta);
    expect(parseReleaseDelta(bytes)).toEqual(delta);
    const shuffled = Object.fromEntries(Object.entries(delta).toReversed()) as unknown as ReleaseDelta;
    expect(encodeReleaseDelta(shuffled)).toEqual(bytes);
    expect(deltaDirectoryName(delta)).toBe('themisdb-1.4.0-1.5.0-linux-x64');
    expect(deltaDirectoryName({ ...delta, platform: 'any', architecture: 'any' })).toBe('themisdb-1.4.0-1.5.0');
    expect(deltaDirectoryName({ ...delta, package: 'x'.repeat(128), from: `1.0.0-${'1'.repeat(58)}` })).toMatch(
      /^[0-9a-f]{12}-[0-9a-f]{12}$/u,
    );
  });

  it('lies in a directory of its own, whatever hyphens the versions hold', () => {
    const anywhere = { ...delta, package: 'p', platform: 'any', architecture: 'any' } as const;
    const named = (from: string, to: string, over: Partial<ReleaseDelta> = {}): string =>
      deltaDirectoryName({ ...anywhere, from, to, ...over });
    const names = [
      named('1.0.0', '2.0.0'),
      named('1.0.0', '2.0.0-3.0.0'),
      named('1.0.0-2.0.0', '3.0.0'),
      named('2.0.0', '3.0.0', { package: 'p-1.0.0' }),
      named('1.0.0', '2.0.0-linux-x64'),
      named('1.0.0', '2.0.0', { platform: 'linux', architecture: 'x64' }),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => pathProblem(name) !== undefined)).toEqual([]);
    expect(names.slice(0, 3)).toEqual(['p-1.0.0-2.0.0', 'p+1.0.0+2.0.0-3.0.0', 'p+1.0.0-2.0.0+3.0.0']);
  });

  it.each<[string, Uint8Array]>([
    ['what is no JSON', Buffer.from('{')],
    ['a missing field', encoded({ product: undefined })],
    ['one release at both ends', encoded({ fromManifestHash: delta.toManifestHash })],
    ['a version that is none', encoded({ from: '1.4' })],
    [
      'files out of order',
      encoded({
        files: [
          { ...deltaFile, path: 'b' },
          { ...deltaFile, path: 'a' },
        ],
      }),
    ],
    ['a file twice', encoded({ files: [deltaFile, deltaFile] })],
    ['a file that does not change', withFile({ baseHash: deltaFile.targetHash })],
    ['a path that climbs', withFile({ path: '../x' })],
    ['a base that climbs', withFile({ basePath: '/etc/passwd' })],
    ['a patch that climbs', withFile({ patchUrl: 'patches/../../x' })],
    ['a patch elsewhere', withFile({ patchUrl: 'release.json' })],
    ['a patch from another host', withFile({ patchUrl: 'https://example.org/x' })],
    ['a patch without bytes', withFile({ patchSize: 0 })],
    ['a patch larger than memory', withFile({ patchSize: 2 ** 31 })],
    ['a target larger than any file', withFile({ targetSize: 2 ** 41 })],
    ['a negative size', withFile({ targetSize: -1 })],
    ['one patch of two sizes', encoded({ files: [{ ...deltaFile, path: 'a', patchSize: 9_000_000 }, deltaFile] })],
    ['one patch with two hashes', encoded({ files: [{ ...deltaFile, path: 'a', patchHash: other }, deltaFile] })],
    ['an algorithm without a name', withFile({ algorithm: '' })],
    ['an algorithm of another script', withFile({ algorithm: 'XZ\n' })],
    ['an upper-case hash', withFile({ targetHash: 'F'.repeat(64) })],
  ])('with %s is refused', (_, bytes) => {
    expect(codeOf(bytes)).toBe('DELTA_INVALID');
  });

  it('may name one patch for several files', () => {
    expect(codeOf(encoded({ files: [{ ...deltaFile, path: 'a' }, deltaFile] }))).toBe('ok');
  });

  it('of a later minor version is read without what it adds, and is not signed by who does not know it', () => {
    const later = encoded({ formatVersion: '1.1', size: 1, files: [{ ...deltaFile, mode: 'x', algorithm: 'FUTURE' }] });
    const known = { ...delta, formatVersion: '1.1', files: [{ ...deltaFile, algorithm: 'FUTURE' }] };
    expect(parseReleaseDelta(later)).toEqual(known);
    for (const bytes of [later, encoded({ size: 1 }), withFile({ mode: 'x' }), withFile({ algorithm: 'FUTURE' })])
      expect(codeOf(bytes, 'refuse')).toBe('DELTA_INVALID');
    expect(parseReleaseDelta(encoded({ formatVersion: '1.1' }), 'refuse')).toMatchObject({ formatVersion: '1.1' });
  });

  it('of another major version is refused as that, and too many files are not looked at', () => {
    expect(codeOf(encoded({ formatVersion: '2.0' }))).toBe('UNSUPPORTED_FORMAT');
    expect(codeOf(encoded({ files: Array.from({ length: 50_001 }, () => 0) }))).toBe('DELTA_INVALID');
  });
});

describe('a delta', () => {
  const expected: DeltaExpectation = {
    from: { ...from.manifest, files: new Map(from.manifest.files.map(({ path, sha256 }) => [path, sha256])) },
    to: to.manifest,
  };
  const check = async (bytes: Uint8Array, over: Partial<DeltaExpectation> = {}): Promise<string> => {
    const signature = await signDetached(bytes, testSigner(), pki.nowMs);
    const given = { delta: bytes, signature, trust: testTrust(), expected: { ...expected, ...over }, nowMs: pki.nowMs };
    const result = checkDelta(given);
    return result.ok ? 'ok' : result.code;
  };

  it('is taken between exactly its releases, and of a release on the way what the index says is enough', async () => {
    const { files: _, ...onTheWay } = to.manifest;
    const bytes = encodeReleaseDelta(delta);
    expect(await check(bytes)).toBe('ok');
    expect(await check(bytes, { sha256: hexOf(digestBytes(bytes)) })).toBe('ok');
    const { version, manifestHash } = from.manifest;
    expect(await check(bytes, { from: { version, manifestHash }, to: onTheWay })).toBe('ok');
    expect(await check(encodeReleaseDelta({ ...delta, files: [] }))).toBe('ok');
  });

  const wrong: [string, object, Partial<DeltaExpectation>?][] = [
    ['DELTA_UNLISTED', {}, { sha256: other }],
    ['DELTA_PRODUCT', { product: 'other' }],
    ['DELTA_PACKAGE', { package: 'other' }],
    ['DELTA_PLATFORM', { platform: 'macos' }],
    ['DELTA_ARCHITECTURE', { architecture: 'any' }],
    ['DELTA_FROM', { from: '1.3.0' }],
    ['DELTA_FROM', { fromManifestHash: `sha256:${other}` }],
    ['DELTA_TO', { to: '1.6.0' }],
    ['DELTA_TO', {}, { to: releaseOf('1.5.0', { a: 'b' }).manifest }],
    ['DELTA_TARGET', { files: [{ ...deltaFile, targetHash: other }] }],
    ['DELTA_TARGET', { files: [{ ...deltaFile, targetSize: 13 }] }],
    ['DELTA_TARGET', { files: [{ ...deltaFile, path: 'bin/other' }] }],
    ['DELTA_BASE', { files: [{ ...deltaFile, baseHash: other }] }],
    ['DELTA_BASE', { files: [{ ...deltaFile, basePath: 'lib/none' }] }],
  ];
  it.each<[string, object, Partial<DeltaExpectation>?]>(wrong)(
    'is refused with %s: %j',
    async (code, over, expectation) => {
      expect(await check(encoded(over), expectation)).toBe(code);
    },
  );

  it('is refused unsigned, signed by a stranger, or signed as something else, before it is read', async () => {
    const bytes = encodeReleaseDelta(delta);
    const given = { delta: bytes, trust: testTrust(), expected, nowMs: pki.nowMs };
    expect(checkDelta({ ...given, signature: null })).toMatchObject({ code: 'DELTA_UNSIGNED' });
    const foreign = await signDetached(Buffer.from('{}'), testSigner(), pki.nowMs);
    expect(checkDelta({ ...given, signature: foreign })).toMatchObject({ code: 'CMS_MESSAGE_DIGEST_MISMATCH' });
    const trust = testTrust([pki.rootCertificate({ key: pki.keyPair('elsewhere'), subject: pki.name('Elsewhere') })]);
    const signature = await signDetached(bytes, testSigner(), pki.nowMs);
    expect(checkDelta({ ...given, trust, signature }).ok).toBe(false);
    expect(await check(Buffer.from('{}'))).toBe('DELTA_INVALID');
    expect(await check(to.bytes)).toBe('DELTA_INVALID');
  });
});
