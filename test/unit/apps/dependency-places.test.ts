import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDependencyPlaces } from '../../../src/apps/cli/reading/dependency-places.ts';
import { manifestOf } from '../../support/catalogue-of.ts';
import { writeTree } from '../../support/real-repository.ts';

const manifest = manifestOf('a', '1.0.0', {
  dependencies: [{ package: 'b', versionConstraint: '>=1', optional: false, conflicts: [] }],
});
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-places-'));
  const { package: name, version, platform, architecture, manifestHash } = manifest;
  const entry = {
    package: name,
    version,
    platform,
    architecture,
    manifestHash,
    url: 'a-1/release.json',
    critical: false,
  };
  const index = {
    formatVersion: '1.0',
    product: 'a',
    generatedAt: '2026-01-01T00:00:00Z',
    expiresAt: '2027-01-01T00:00:00Z',
    entries: [entry],
    deltas: [],
  };
  writeTree(directory, {
    'releases/index.json': JSON.stringify(index),
    'releases/a-1/release.json': '{\n  "dependencies": [\n    { "package": "b" }\n  ]\n}\n',
  });
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a dependency stands in a line and column of its manifest', async () => {
  const placeOf = (await openDependencyPlaces({ kind: 'directory', directory: './releases' }, directory))!;
  expect(placeOf(manifest, 0)).toBe('releases/a-1/release.json:3:18');
  expect(placeOf(manifest, 1)).toBeUndefined();
  expect(placeOf(manifestOf('c', '1.0.0'), 0)).toBeUndefined();
});

test('releases elsewhere have no lines', async () => {
  const elsewhere = { kind: 'http', url: 'https://example.org', ca: undefined, tokenFrom: undefined } as const;
  expect(await openDependencyPlaces(elsewhere, directory)).toBeUndefined();
});
