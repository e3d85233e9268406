import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import compare from 'semver/functions/compare.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openManifestStore } from '../../src/adapters/manifest-store/index.ts';
import { createMemoryManifests, createMemoryManifestStore } from '../../src/adapters/manifest-store/memory.ts';
import { openSqliteManifestStore } from '../../src/adapters/manifest-store/sqlite.ts';
import { digestBytes } from '../../src/kernel/digest.ts';
import type { Grave, ManifestStore } from '../../src/ports/manifest-store.ts';
import { manifestHashOf } from '../../src/trust/policy/parse-manifest.ts';
import { isSoak, runs } from '../support/runs.ts';
import { storedRelease } from '../support/stored-releases.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-manifests-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const openers: Record<string, () => () => Promise<ManifestStore>> = {
  memory: () => {
    const state = createMemoryManifests();
    return async () => createMemoryManifestStore(state);
  },
  sqlite: () => () => openManifestStore({ kind: 'sqlite', file: join(directory, 'deep', 'm.db'), isPrivate: false }),
};

const grave: Grave = {
  title: 'themisdb 1.5.0',
  deletedAt: '2026-01-01T00:00:00Z',
  files: [{ path: 'a/release.json', sizeBytes: 1, inode: '12345678901234567890', modifiedNs: '1' }],
  directories: ['a'],
};

describe.each(Object.entries(openers))('manifest store: %s', (_name, opener) => {
  let first = undefined as unknown as ManifestStore;
  let second = undefined as unknown as ManifestStore;
  beforeEach(async () => {
    const open = opener();
    first = await open();
    second = await open();
  });
  afterEach(async () => {
    await first.close();
    await second.close();
    await second.close();
  });

  const versionsOf = async (wanted = {}): Promise<string[]> =>
    (await second.find(wanted)).map(({ manifest }) => `${manifest.package} ${manifest.version}`);

  test('what one opener puts another finds whole, and its manifest has its hash', async () => {
    const release = storedRelease('1.5.0', {}, { 'a/b': '1', 'a\u{1F600}': '2', 'a\uFFFD': '3' });
    expect(await first.find({})).toEqual([]);
    await first.put(release);
    const [found] = await second.find({ package: 'themisdb', version: '1.5.0' });
    expect(found).toEqual(release);
    expect(manifestHashOf(found!.manifest)).toBe(release.manifest.manifestHash);
    expect(await second.find({ version: '1.5.1' })).toEqual([]);
    expect(await second.find({ platform: 'windows' })).toEqual([]);
  });

  test('a directory holds one release: another one there takes its place, rows of the registry and all', async () => {
    const old = storedRelease('1.4.0', {}, { 'bin/old': '' });
    await first.put(old);
    await first.put({ ...storedRelease('1.5.0'), directory: old.directory });
    expect(await versionsOf()).toEqual(['themisdb 1.5.0']);
    expect(await second.holding('bin/old')).toEqual([]);
    expect(await second.statistics()).toMatchObject({ releases: 1, files: 1 });
  });

  test('an index on its way is there until it is cleared, the last one announced, and comes with a burial', async () => {
    const index = new TextEncoder().encode('{}');
    const mark = { counter: 7, yanked: [digestBytes('a')] };
    expect(await first.publication()).toBeNull();
    await first.announce({ index, signature: Uint8Array.of(1, 0, 255), mark });
    expect(await second.publication()).toEqual({ index, signature: Uint8Array.of(1, 0, 255), mark });
    await first.bury([], grave);
    await first.announce({ index, signature: null, mark });
    expect(await second.publication()).toEqual({ index, signature: null, mark });
    await second.bury([], grave, { index: null, signature: null, mark: null });
    expect(await first.publication()).toEqual({ index: null, signature: null, mark: null });
    await second.clearPublication();
    expect(await first.publication()).toBeNull();
  });

  test('the last counters outlive the releases and the index', async () => {
    expect([await first.lastCounter('themisdb'), await first.lastIndex()]).toEqual([0, null]);
    await first.put(storedRelease('1.5.0', { counter: 7 }));
    await first.put(storedRelease('1.4.0', { counter: 3 }));
    await first.bury(
      (await first.find({})).map(({ directory: each }) => each),
      grave,
    );
    expect([await second.lastCounter('themisdb'), await second.lastCounter('tools')]).toEqual([7, 0]);
    for (const counter of [9, 2]) {
      await first.announce({ index: new Uint8Array(), signature: null, mark: { counter, yanked: [] } });
    }
    await first.announce({ index: null, signature: null, mark: null });
    await first.clearPublication();
    expect(await second.lastIndex()).toEqual({ counter: 2, yanked: [] });
  });

  test('versions stand in SemVer order, pre-releases before what they lead to', async () => {
    const versions = ['1.10.0', '1.9.0', '2.0.0', '2.0.0-rc.10', '2.0.0-rc.2', '2.0.0-rc', '1.9.0-0', '10.0.0'];
    for (const version of versions) await first.put(storedRelease(version));
    await first.put(storedRelease('1.9.0', { platform: 'macos' }));
    await first.put(storedRelease('9.9.9', { package: 'other' }));
    const sorted = ['1.9.0-0', '1.9.0', '1.10.0', '2.0.0-rc', '2.0.0-rc.2', '2.0.0-rc.10', '2.0.0', '10.0.0'];
    expect(await second.versions('themisdb')).toEqual(sorted);
    expect(await second.versions('nothing')).toEqual([]);
    expect((await versionsOf({ package: 'themisdb', platform: 'linux' })).map((each) => each.split(' ')[1])).toEqual(
      sorted,
    );
  });

  test('the latest is the highest for the machine, and a pre-release only where nothing else is left', async () => {
    const latest = async (...machine: Parameters<ManifestStore['latest']> extends [string, ...infer M] ? M : never) => {
      const found = await second.latest('themisdb', ...machine);
      return found === null ? null : `${found.manifest.version} ${found.manifest.platform}`;
    };
    expect(await latest()).toBeNull();
    await first.put(storedRelease('1.5.0-rc.1', { platform: 'any', architecture: 'any' }));
    expect(await latest()).toBe('1.5.0-rc.1 any');
    await first.put(storedRelease('1.4.0', { platform: 'any', architecture: 'any' }));
    await first.put(storedRelease('1.4.1', { platform: 'linux', architecture: 'x64' }));
    await first.put(storedRelease('1.4.2', { platform: 'macos', architecture: 'arm64' }));
    await first.put(storedRelease('3.0.0', { package: 'other' }));
    expect(await latest()).toBe('1.4.2 macos');
    expect(await latest({ platform: 'linux', architecture: 'x64' })).toBe('1.4.1 linux');
    expect(await latest({ platform: 'linux', architecture: 'arm64' })).toBe('1.4.0 any');
    expect(await latest({ platform: 'macos', architecture: 'any' })).toBe('1.4.2 macos');
  });

  test('the releases that hold a path, and the places that any release names', async () => {
    await first.put(storedRelease('1.4.0', {}, { 'bin/server': 'old', 'lib/a': '1' }));
    await first.put(storedRelease('1.5.0', {}, { 'bin/server': 'new' }));
    const shared = storedRelease('1.6.0', {}, { 'bin/server': 'new' });
    const [file] = shared.manifest.files;
    const files = [
      { ...file!, url: 'themisdb-1.5.0-linux/bin/server' },
      { ...file!, path: 'bin/z', url: 'https://example.org/z' },
    ];
    await first.put({ ...shared, manifest: { ...shared.manifest, files } });
    const held = await second.holding('bin/server');
    expect(held.map(({ version, directory: at, file: { sizeBytes } }) => [version, at, sizeBytes])).toEqual([
      ['1.4.0', 'themisdb-1.4.0-linux', 3],
      ['1.5.0', 'themisdb-1.5.0-linux', 3],
      ['1.6.0', 'themisdb-1.6.0-linux', 3],
    ]);
    expect(await second.holding('bin/none')).toEqual([]);
    await first.forget(['themisdb-1.5.0-linux', 'not there']);
    const places = ['themisdb-1.4.0-linux/lib/a', 'themisdb-1.5.0-linux/bin/server', 'https://example.org/z', 'x'];
    expect([...(await second.registered(places))]).toEqual(places.slice(0, 2));
  });

  test('burying takes releases out and leaves one tombstone, until it is cleared', async () => {
    await first.put(storedRelease('1.4.0'));
    await first.put(storedRelease('1.5.0'));
    const one = await first.bury(['themisdb-1.5.0-linux'], grave);
    expect(await versionsOf()).toEqual(['themisdb 1.4.0']);
    expect(await second.holding('bin/server')).toHaveLength(1);
    const two = await second.bury([], { ...grave, title: 'later' });
    expect(await first.tombstones()).toEqual([
      { ...grave, id: one.id },
      { ...grave, title: 'later', id: two.id },
    ]);
    await second.clearTombstone(one.id);
    await second.clearTombstone(one.id);
    expect((await first.tombstones()).map(({ id }) => id)).toEqual([two.id]);
    expect((await first.bury([], grave)).id).toBeGreaterThan(two.id);
  });

  test('statistics count files of one content once', async () => {
    await first.put(storedRelease('1.4.0', {}, { a: 'same', b: 'other text' }));
    await first.put(storedRelease('1.5.0', { package: 'tools' }, { a: 'same' }));
    await first.bury([], grave);
    expect(await second.statistics()).toEqual({
      releases: 2,
      packages: 2,
      files: 3,
      sizeBytes: 18,
      distinctFiles: 2,
      distinctBytes: 14,
      signatures: 0,
      downloads: 0,
      tombstones: 1,
    });
  });

  test('a verdict is found from its first to its last instant, is replaced, and is dropped when it is over', async () => {
    const key = digestBytes('one');
    const entry = { key, verdict: { signer: { subject: 'CN=x' } }, validFromMs: 100, validUntilMs: 200 };
    await first.signatures.put(entry);
    await first.signatures.put({ ...entry, key: digestBytes('two'), validUntilMs: 1000 });
    const found = [99, 100, 200, 201].map(async (nowMs) => (await second.signatures.get(key, nowMs)) !== null);
    expect(await Promise.all(found)).toEqual([false, true, true, false]);
    expect(await second.signatures.get(key, 150)).toEqual(entry);
    expect(await second.signatures.get(digestBytes('three'), 150)).toBeNull();
    await second.signatures.put({ ...entry, verdict: {}, validUntilMs: 150 });
    expect(await first.signatures.get(key, 150)).toMatchObject({ verdict: {} });
    expect(await first.signatures.get(key, 151)).toBeNull();
    expect(await first.signatures.prune(150)).toBe(0);
    expect(await first.signatures.prune(151)).toBe(1);
    expect(await first.statistics()).toMatchObject({ signatures: 1 });
  });

  test('a download is known by its content, and forgotten only as it was known', async () => {
    const digest = digestBytes('one');
    const download = { digest, path: '/d/one', sizeBytes: 3, stamp: '1', verifiedAtMs: 5 };
    expect(await second.downloads.get(digest)).toBeNull();
    await first.downloads.put(download);
    expect(await second.downloads.get(digest)).toEqual(download);
    const newer = { ...download, stamp: '2' };
    await second.downloads.put(newer);
    await first.downloads.forget(download);
    expect(await second.downloads.get(digest)).toEqual(newer);
    await first.downloads.forget(newer);
    expect(await second.downloads.get(digest)).toBeNull();
    const other = { ...download, digest: digestBytes('two'), path: '/d/two' };
    await first.downloads.put(download, other);
    expect([await second.downloads.get(digest), await second.downloads.get(other.digest)]).toEqual([download, other]);
    await first.downloads.put();
  });

  test('whatever versions there are, their order is that of SemVer', async () => {
    const identifier = fc.oneof(fc.nat(20).map(String), fc.constantFrom('a', 'a-b', 'rc', 'RC', '-', 'x1'));
    const version = fc
      .tuple(fc.nat(12), fc.nat(12), fc.nat(12), fc.array(identifier, { maxLength: 3 }))
      .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre.length > 0 ? `-${pre.join('.')}` : ''}`);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(version, { maxLength: 12 }), async (versions) => {
        const found = await first.find({});
        await first.forget(found.map((release) => release.directory));
        for (const each of versions) await first.put(storedRelease(each));
        const listed = await second.versions('themisdb');
        expect(listed.toSorted()).toEqual(versions.toSorted());
        for (const [index, each] of listed.slice(1).entries()) expect(compare(listed[index]!, each)).toBe(-1);
      }),
      runs(500),
    );
  });
});

function start(...parts: string[]) {
  const script = fileURLToPath(new URL('../support/manifest-store-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, ...parts], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return once(child, 'close').then(([code]) => ({ code: code as number, out, err }));
}

describe('sqlite across processes', () => {
  const writers = Array.from({ length: 8 }, (_, index) => `package-${index}`);

  test('eight write while eight read: nothing lost, nothing half-visible', async () => {
    const file = join(directory, 'm.db');
    const stop = join(directory, 'stop');
    const count = isSoak ? 40 : 5;
    const readers = writers.map(() => start(file, 'read', stop));
    const wrote = await Promise.all(writers.map((name) => start(file, 'write', name, String(count))));
    writeFileSync(stop, '');
    const read = await Promise.all(readers);
    for (const { code, err } of [...wrote, ...read]) expect([code, err]).toEqual([0, '']);
    for (const { out } of read) expect(Number(out)).toBeGreaterThan(0);
    const store = await openSqliteManifestStore(file);
    for (const name of writers) {
      const kept = Array.from({ length: count }, (_, index) => index).filter((index) => index % 5 !== 4);
      expect(await store.versions(name)).toEqual(kept.map((index) => `1.${index}.0`));
      for (const { manifest } of await store.find({ package: name })) expect(manifest.files).toHaveLength(12);
    }
    expect(await store.statistics()).toMatchObject({
      releases: 8 * count * 0.8,
      files: 8 * count * 0.8 * 12,
      tombstones: 8 * count * 0.2,
      signatures: 8 * count,
      downloads: 8 * count,
    });
    await store.close();
  }, 300_000);

  test('an older schema is made anew, and what was to be removed is not forgotten', async () => {
    const file = join(directory, 'm.db');
    const store = await openSqliteManifestStore(file);
    await store.put(storedRelease('1.5.0'));
    const { id } = await store.bury([], grave);
    await store.close();
    const raw = new DatabaseSync(file);
    raw.exec('DROP TABLE file_registry; DROP TABLE release_manifests; CREATE TABLE release_manifests (x)');
    raw.exec('PRAGMA user_version = 0');
    raw.close();
    const again = await openSqliteManifestStore(file);
    expect(await again.find({})).toEqual([]);
    expect(await again.tombstones()).toEqual([{ ...grave, id }]);
    await again.put(storedRelease('1.5.0'));
    expect(await again.find({})).toHaveLength(1);
    await again.close();
  });

  test('a newer schema is refused, and a file that is no store is an error', async () => {
    const file = join(directory, 'm.db');
    await (await openSqliteManifestStore(file)).close();
    const raw = new DatabaseSync(file);
    raw.exec('PRAGMA user_version = 99');
    raw.close();
    await expect(openSqliteManifestStore(file)).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT' });
    writeFileSync(join(directory, 'text'), 'this is not a database, whatever its length is'.repeat(100));
    await expect(openSqliteManifestStore(join(directory, 'text'))).rejects.toMatchObject({ code: 'IO' });
  });

  test('a private store is its owner’s alone, with its log, and refused where it is not', async () => {
    const file = join(directory, 'm.db');
    const store = await openSqliteManifestStore(file, true);
    await store.put(storedRelease('1.5.0'));
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    await store.close();
    chmodSync(file, 0o660);
    await expect(openSqliteManifestStore(file, true)).rejects.toMatchObject({ code: 'POLICY_REFUSED' });
  });
});
