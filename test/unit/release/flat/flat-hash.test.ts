import { expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/kernel/json.ts';
import { flatHashOf } from '../../../../src/release/flat/flat-hash.ts';
import { parseFlatManifest } from '../../../../src/release/flat/import-flat.ts';

const hex = (digit: string): string => digit.repeat(64);

/** Everything that module leaves out, fills in or orders its own way. */
const flat: JsonObject = {
  version: '1.5.0',
  tag_name: 'v1.5.0',
  release_notes: 'Grüße "x"\n\u0001\u007F',
  release_date: '2026-06-01T00:00:00Z',
  is_critical: true,
  files: [
    {
      path: 'lib/m',
      type: 'plugin',
      sha256_hash: hex('E'),
      size_bytes: 0,
      file_signature: '',
      platform: '',
      architecture: '',
      permissions: '',
      download_url: '',
      metadata: {},
      added_later: 1,
    },
    {
      path: 'bin/s',
      type: 'executable',
      sha256_hash: hex('0'),
      size_bytes: 1,
      file_signature: 'MII',
      platform: 'linux',
      architecture: 'x64',
      permissions: '0755',
      download_url: 'https://example.org/s',
      metadata: { '\u{1F600}': [1, null, -2], '\uFF5E': { b: true, a: 'x' } },
    },
    { path: 'etc/c', sha256_hash: hex('b'), size_bytes: 3, metadata: null },
  ],
  dependencies: ['rocksdb>=8.0'],
  signature: '',
};

// Printed by a C++ program over nlohmann::json 3.11 that follows ReleaseManifest::calculateHash.
const hash = '774275e02da89187fd3cfc5a376ef7c2699bfd14510a1423fd8bfb034a69adb0';

it('is the hash that the module of ThemisDB computes for the same text', () => {
  expect(flatHashOf(flat)).toBe(hash);
});

it('holds when that module wrote it over a manifest whose empty members are written out', () => {
  const bytes = new TextEncoder().encode(JSON.stringify({ ...flat, manifest_hash: hash }));
  expect(parseFlatManifest(bytes).files.map(({ path }) => path)).toEqual(['bin/s', 'etc/c', 'lib/m']);
});
