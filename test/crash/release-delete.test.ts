/**
 * Deletes a version in a process that is killed with SIGKILL before the n-th thing it does to a file or a database, for
 * every n until it comes to its end. After the next command, whichever it is, all of the version is there and listed in a
 * signed index, or nothing; and every other version is untouched, a file shared with the deleted one included.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDirectorySource } from '../../src/adapters/release-source/directory.ts';
import { openSqliteManifestStore } from '../../src/adapters/manifest-store/sqlite.ts';
import { sealManifest } from '../../src/release/build-release.ts';
import { verifyIndex } from '../../src/release/index/verify-index.ts';
import { verifyRelease } from '../../src/release/verify-release.ts';
import { parseAnchors } from '../../src/trust/policy/anchors.ts';
import type { ReleaseManifest } from '../../src/model/release.ts';
import { nowMs } from '../support/pki.ts';
import { runCommand } from '../support/run-command.ts';
import { isSoak } from '../support/runs.ts';

const keys = ['--key', '../keys/signer.key.pem', '--certificate', '../keys/signer.certificate.pem'];
const deletion = ['release', 'delete', '1.4.0', 'releases', ...keys];
const shared = 'themisdb-1.4.0/lib/shared';
let base = '';
let before: Record<string, string> = {};

async function themis(root: string, ...line: string[]): Promise<void> {
  const ran = await runCommand(root, line);
  if (ran.exitCode !== 0) throw new Error(`${line.join(' ')}: ${ran.err}`);
}

/** Content of every file below, by path. */
async function tree(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(
    files.map(async (file) => [file.slice(root.length + 1), await readFile(file, 'hex')]),
  );
  return Object.fromEntries(contents.filter(([path]) => !path!.startsWith('.themis/'))) as Record<string, string>;
}

const of = (files: Record<string, string>, directory: string): Record<string, string> =>
  Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith(`${directory}/`)));

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'themis-delete-'));
  const root = join(base, 'original');
  for (const version of ['1.4.0', '1.5.0']) {
    const directory = join(root, `releases/themisdb-${version}`);
    for (const [path, content] of [
      ['bin/server', version],
      ['lib/deep/own', version],
      ['lib/shared', 'shared'],
    ] as const) {
      await mkdir(join(directory, path, '..'), { recursive: true });
      await writeFile(join(directory, path), content);
    }
  }
  await themis(root, 'release', 'keygen', '../keys');
  for (const version of ['1.4.0', '1.5.0']) {
    const directory = `releases/themisdb-${version}`;
    await themis(root, 'release', 'build', directory, '--package', 'themisdb', '--version', version);
    if (version === '1.5.0') await nameShared(join(root, directory, 'release.json'));
    await themis(root, 'release', 'sign', directory, ...keys);
  }
  await themis(root, 'release', 'index', 'releases', ...keys);
  before = await tree(join(root, 'releases'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

/** 1.5.0 says that its shared file lies with 1.4.0. */
async function nameShared(path: string): Promise<void> {
  const { manifestHash: _, ...manifest } = JSON.parse(await readFile(path, 'utf8')) as ReleaseManifest;
  const files = manifest.files.map((file) => (file.path === 'lib/shared' ? { ...file, url: shared } : file));
  await writeFile(path, sealManifest({ ...manifest, files }).bytes);
}

/** The index that lies there is signed, and what it lists lies there as listed; returns the versions it lists. */
async function listed(root: string, what: string): Promise<string[]> {
  const parsed = parseAnchors(await readFile(join(base, 'keys/anchors.json')));
  if (!parsed.ok) throw new Error(parsed.message);
  const trust = { anchors: parsed.anchors, crls: [] };
  const source = openDirectorySource(join(root, 'releases'));
  const verified = await verifyIndex(source, trust, nowMs);
  if (!verified.ok) throw new Error(`${what}: ${verified.code}`);
  for (const { url, version } of verified.index.entries) {
    expect(await verifyRelease(source, url, trust, { version }, nowMs), what).toMatchObject({ ok: true });
  }
  return verified.index.entries.map(({ version }) => version);
}

/** All of the version is there and listed, or nothing of it; every other version is untouched. */
async function endOf(root: string, what: string): Promise<'old' | 'new'> {
  const versions = await listed(root, what);
  const after = await tree(join(root, 'releases'));
  expect(of(after, 'themisdb-1.5.0'), what).toEqual(of(before, 'themisdb-1.5.0'));
  const deleted = of(after, 'themisdb-1.4.0');
  expect(deleted[shared], what).toBe(before[shared]);
  const isOld = Object.keys(deleted).length > 1;
  expect(deleted, what).toEqual(isOld ? of(before, 'themisdb-1.4.0') : { [shared]: before[shared] });
  expect(versions, what).toEqual(isOld ? ['1.4.0', '1.5.0'] : ['1.5.0']);
  return isOld ? 'old' : 'new';
}

type Next = 'another command, without a key' | 'the same command';

async function killedAt(limit: number, next: Next): Promise<{ hit: boolean; end: 'old' | 'new'; operations: number }> {
  const root = join(base, `run-${limit}`);
  await cp(join(base, 'original'), root, { recursive: true, preserveTimestamps: true });
  const script = fileURLToPath(new URL('../support/release-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, root, String(limit), ...deletion], { stdio: ['ignore', 'pipe', 2] });
  let out = '';
  child.stdout!.on('data', (chunk) => (out += chunk));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  const what = `killed at ${limit}`;
  if (signal === null) expect([code, JSON.parse(out)], what).toEqual([0, expect.objectContaining({ exitCode: 0 })]);
  else expect(signal, what).toBe('SIGKILL');

  const line = next === 'the same command' ? deletion : ['release', 'delete', '9.9.9', 'releases'];
  const { error } = await runCommand(root, line);
  const end = await endOf(root, what);
  if (next === 'the same command') {
    expect(end, what).toBe('new');
    expect([undefined, 'NOT_FOUND'], what).toContain(error?.code);
  }
  await themis(root, 'release', 'index', 'releases', ...keys);
  expect(await endOf(root, what), what).toBe(end);
  const left = (await readdir(join(root, 'releases'))).toSorted();
  expect(left, what).toEqual(['.themis', 'index', 'index.json', 'index.json.p7s', 'themisdb-1.4.0', 'themisdb-1.5.0']);
  const store = await openSqliteManifestStore(join(root, 'releases/.themis/releases.db'));
  expect([await store.tombstones(), await store.publication()], what).toEqual([[], null]);
  expect(await store.versions('themisdb'), what).toEqual(end === 'old' ? ['1.4.0', '1.5.0'] : ['1.5.0']);
  await store.close();
  await rm(root, { recursive: true });
  const operations = signal === null ? (JSON.parse(out) as { done: number }).done : 0;
  return { hit: signal !== null, end, operations };
}

// The next commands take turns; the soak runs the other half as well.
test.each(isSoak ? [0, 1] : [0])(
  'killed before every operation of a deletion: all of the version or nothing, the others untouched (turn %i)',
  async (turn) => {
    const ends = { old: 0, new: 0 };
    let next = 1;
    let last: number | undefined;
    let operations = 0;
    const worker = async (): Promise<void> => {
      while (last === undefined) {
        const limit = next;
        next += 1;
        const run = await killedAt(limit, limit % 2 === turn ? 'the same command' : 'another command, without a key');
        ends[run.end] += 1;
        if (!run.hit) {
          last ??= limit;
          ({ operations } = run);
          expect(run.end).toBe('new');
        }
      }
    };
    await Promise.all([worker(), worker()]);
    // Every operation was hit, and the first that was not is one too many.
    expect(operations).toBeGreaterThan(25);
    expect(ends.old).toBeGreaterThan(5);
    expect(ends.new).toBeGreaterThan(5);
  },
  600_000,
);
