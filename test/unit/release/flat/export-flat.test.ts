import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/kernel/json.ts';
import type { ReleaseDependency, ReleaseFile, ReleaseManifest } from '../../../../src/model/release.ts';
import { type ReleaseDescription, sealManifest } from '../../../../src/release/build-release.ts';
import { writeFlatManifest } from '../../../../src/release/flat/export-flat.ts';
import { parseFlatManifest } from '../../../../src/release/flat/import-flat.ts';
import { parseDependencies } from '../../../../src/release/parse-dependency.ts';
import { description, fileOf } from '../../../support/releases.ts';
import { runs } from '../../../support/runs.ts';

const sealed = (over: Partial<ReleaseDescription & Pick<ReleaseManifest, 'files'>>): ReleaseManifest =>
  sealManifest({ ...description, files: [fileOf('bin/s', 's')], ...over }).manifest;

/** What both forms can say, with platform and architecture where the flat form has them. */
function sharedOf(manifest: Omit<ReleaseManifest, 'package'> | ReturnType<typeof readBack>): object {
  const { version, tagName, releaseNotes, releaseDate, isCritical, minUpgradeFrom, dataSchemaVersion, build } =
    manifest;
  const files = manifest.files.map(({ platform, architecture, ...file }) => ({
    ...file,
    platform: platform ?? manifest.platform,
    architecture: architecture ?? manifest.architecture,
  }));
  const dependencies = manifest.dependencies.filter(({ optional }) => !optional);
  return {
    fields: [version, tagName, releaseNotes, releaseDate, isCritical, minUpgradeFrom, dataSchemaVersion, build],
    files,
    dependencies: dependencies.map(({ package: name, versionConstraint }) => ({ name, versionConstraint })),
  };
}

function readBack(manifest: ReleaseManifest) {
  const flat = parseFlatManifest(writeFlatManifest(manifest).bytes);
  return { ...flat, dependencies: parseDependencies(flat.dependencies, []) };
}

describe('the flat form of a manifest', () => {
  it('is what the module of ThemisDB writes, with its own hash', () => {
    const files = [
      fileOf('bin/s', 's', { type: 'executable', permissions: '0755', metadata: { fileSignature: 'MII', note: 1 } }),
      fileOf('lib/m', 'm', { platform: 'any', url: 'https://example.org/m' }),
    ];
    const flat = JSON.parse(new TextDecoder().decode(writeFlatManifest(sealed({ files })).bytes)) as JsonObject;
    expect(flat).toMatchObject({
      version: '1.5.0',
      tag_name: 'v1.5.0',
      release_notes: 'Faster.',
      release_date: '2026-06-01T00:00:00Z',
      is_critical: false,
      dependencies: ['themis-query@>=1.4 <2'],
      min_upgrade_from: '1.4.0',
      schema_version: 3,
      build_commit: 'abc123',
      compiler_version: 'gcc 14',
      // Of the same C++ program as the hash in flat-hash.test.ts.
      manifest_hash: '8ef9f97740328a9d50da7167f9037e333fe06586fa183dd63654603ef5b91ff9',
      signature: '',
      files: [
        {
          path: 'bin/s',
          type: 'executable',
          sha256_hash: files[0]!.sha256,
          size_bytes: 1,
          file_signature: 'MII',
          platform: 'linux',
          architecture: 'x64',
          permissions: '0755',
          metadata: { note: 1 },
        },
        { path: 'lib/m', platform: '', download_url: 'https://example.org/m' },
      ],
    });
    const names = (flat['files'] as readonly JsonObject[]).flatMap((file) => Object.keys(file));
    expect(names.filter((name) => ['file_signature', 'download_url', 'metadata'].includes(name))).toHaveLength(3);
  });

  it('says what it has no words for', () => {
    const dependencies: ReleaseDependency[] = [
      { package: 'extra', versionConstraint: '*', optional: true, conflicts: [] },
      { package: 'legacy', versionConstraint: '*', optional: true, conflicts: ['legacy@<3'] },
    ];
    const { lost } = writeFlatManifest(
      sealed({ dependencies, probes: [{ name: 'all', database: 'orders', sql: 'SELECT 1' }] }),
    );
    expect(lost).toEqual([
      'the optional dependency on extra',
      'the conflict with legacy@<3',
      'that it expires at 2027-06-01T00:00:00Z',
      'its probes',
    ]);
    expect(writeFlatManifest(sealed({ dependencies: [], expiresAt: null })).lost).toEqual([]);
  });

  const line = fc.stringMatching(/^[\p{L}\d ._-]{1,20}$/u);
  const instant = fc
    .integer({ min: 0, max: 4_000_000_000 })
    .map((seconds) => Temporal.Instant.fromEpochMilliseconds(seconds * 1000).toString());
  const file = fc
    .record(
      {
        type: fc.constantFrom('executable', 'library', 'config', 'data'),
        sizeBytes: fc.nat(2 ** 30).map((size) => size * 2 ** 8),
        permissions: fc.constantFrom('0644', '0755', '0400'),
        platform: fc.constantFrom('linux', 'macos', 'windows', 'any'),
        architecture: fc.constantFrom('x64', 'arm64', 'any'),
        url: fc.constantFrom('https://example.org/f', 'other/f'),
        metadata: fc.constantFrom<JsonObject>({ fileSignature: 'MII' }, { a: [1, null] }, { fileSignature: 7, b: 'x' }),
      },
      { requiredKeys: ['type', 'sizeBytes', 'permissions'] },
    )
    .map((over) => over as Partial<ReleaseFile>);
  const range = fc.constantFrom('*', '>=1.4 <2', '^1.2.3', '1.x || 2.x', 'v1.0.0', 'x', '~2', '1.0.0 - 2.0.0');

  it('comes back the same in every field that both forms have', () => {
    fc.assert(
      fc.property(
        fc.record({
          tagName: line,
          releaseNotes: fc.string({ unit: 'grapheme' }),
          releaseDate: instant,
          isCritical: fc.boolean(),
          minUpgradeFrom: fc.constantFrom(null, '1.0.0', '1.0.0-rc.1'),
          dataSchemaVersion: fc.nat(),
          platform: fc.constantFrom('linux', 'macos', 'any'),
          architecture: fc.constantFrom('x64', 'any'),
          build: fc.record({
            commit: fc.option(line),
            date: fc.option(instant),
            compiler: fc.option(line),
          }),
        }),
        fc.array(file, { minLength: 1, maxLength: 6 }),
        fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/u), range, { maxKeys: 4 }),
        (over, files, ranges) => {
          const manifest = sealed({
            ...(over as Partial<ReleaseDescription>),
            files: files.map((each, index) => fileOf(`f/${index}`, `${index}`, each)),
            dependencies: parseDependencies(
              Object.entries(ranges).map(([name, text]) => `${name}@${text}`),
              [],
            ),
          });
          expect(sharedOf(readBack(manifest))).toEqual(sharedOf(manifest));
        },
      ),
      runs(2000),
    );
  });
});
