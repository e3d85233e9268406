import { expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system.ts';
import { loadCatalogue, readCatalogue } from '../../../src/apps/cli/reading/catalogue.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { ReleaseIndexEntry, ReleaseManifest } from '../../../src/model/release.ts';
import type { ReleaseSource } from '../../../src/ports/release-source.ts';
import { manifestOf } from '../../support/catalogue-of.ts';
import { desiredOf, goodFleet } from '../../support/findings-of.ts';

function entryOf(manifest: ReleaseManifest, more: Partial<ReleaseIndexEntry> = {}): ReleaseIndexEntry {
  const { package: name, version, platform, architecture, manifestHash } = manifest;
  const url = `${name}-${version}/release.json`;
  return { package: name, version, platform, architecture, manifestHash, url, critical: false, ...more };
}

function neverAsked(): never {
  throw new Error('a catalogue reads no payload');
}

function source(entries: readonly ReleaseIndexEntry[], files: Readonly<Record<string, string>>): ReleaseSource {
  const read = (path: string): Uint8Array => {
    const text = files[path];
    if (text === undefined) throw new ThemisError('NOT_FOUND', `no ${path}`);
    return new TextEncoder().encode(text);
  };
  const index = { formatVersion: '1.0', product: 'p', counter: 1, generatedAt: '', expiresAt: '', entries, deltas: [] };
  return {
    readIndex: async () => ({ index, bytes: new Uint8Array(), signature: null }),
    readFile: async (path) => read(path),
    host: '',
    readChanged: async (path) => ({ kind: 'changed', bytes: read(path), validator: null }),
    openFile: neverAsked,
    listFiles: async () => null,
  };
}

const [one, two, other] = [manifestOf('db', '1.0.0'), manifestOf('db', '2.0.0'), manifestOf('other', '1.0.0')];
const files = Object.fromEntries(
  [one, two, other].map((manifest) => [entryOf(manifest).url, JSON.stringify(manifest)]),
);

test('the releases of the fleet are read, sorted, with what was withdrawn', async () => {
  const entries = [entryOf(two, { yanked: true }), entryOf(other), entryOf(one)];
  expect(await readCatalogue(source(entries, files), new Set(['db']))).toEqual({
    releases: [one, two],
    yanked: [two.manifestHash],
  });
});

test('releases of packages that others need are read as well, but for an optional need', async () => {
  const needs = (name: string, optional: boolean) => ({ package: name, versionConstraint: '*', optional });
  const top = manifestOf('top', '1.0.0', { dependencies: [needs('db', false), needs('other', true)] });
  const entries = [top, one, other].map((manifest) => entryOf(manifest));
  const catalogue = await readCatalogue(
    source(entries, { ...files, [entryOf(top).url]: JSON.stringify(top) }),
    new Set(['top']),
  );
  expect(catalogue.releases).toEqual([one, top]);
});

test('of other packages not even the manifest is read', async () => {
  const { [entryOf(other).url]: _, ...rest } = files;
  const catalogue = await readCatalogue(source([entryOf(other), entryOf(one)], rest), new Set(['db']));
  expect(catalogue.releases).toEqual([one]);
});

test.each([
  ['one changed word', JSON.stringify({ ...one, releaseNotes: 'new' }), 'MANIFEST_HASH_MISMATCH'],
  ['another manifest', JSON.stringify(two), 'MANIFEST_HASH_MISMATCH'],
  ['no JSON', '{', 'MANIFEST_INVALID'],
  ['no object', '[]', 'MANIFEST_INVALID'],
])('a manifest with %s is refused', async (_, text, code) => {
  const broken = source([entryOf(one)], { [entryOf(one).url]: text });
  await expect(readCatalogue(broken, new Set(['db']))).rejects.toMatchObject({ code });
});

test('a manifest that is not the release the index speaks of is refused', async () => {
  const entries = [entryOf(one, { version: '3.0.0', url: entryOf(one).url })];
  await expect(readCatalogue(source(entries, files), new Set(['db']))).rejects.toMatchObject({
    code: 'MANIFEST_INVALID',
  });
});

test('a manifest that is missing is an error of the source', async () => {
  await expect(readCatalogue(source([entryOf(one)], {}), new Set(['db']))).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a fleet without releases is told where they are looked for and how to make them', async () => {
  const { fleet } = desiredOf(goodFleet);
  const failure = loadCatalogue({ fleet }, '/nowhere/orders', { environment: {}, clock: systemClock });
  await expect(failure).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'There is no release index in /nowhere/orders/releases.',
    hint: expect.stringContaining('themis release index') as string,
  });
});
