import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNodeFileSystem } from '../../src/adapters/file-system/node.ts';
import { openSqliteManifestStore } from '../../src/adapters/manifest-store/sqlite.ts';
import type { Grave, ManifestStore } from '../../src/ports/manifest-store.ts';
import { nowMs } from '../support/pki.ts';
import { type Ran, runCommand } from '../support/run-command.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'themis-delete-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const keys = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];
const themis = async (...line: string[]): Promise<Ran> => await runCommand(root, ['release', ...line]);

async function write(path: string, content: string): Promise<void> {
  await mkdir(join(root, dirname(path)), { recursive: true });
  await writeFile(join(root, path), content);
}

const list = async (path = 'releases'): Promise<string[]> => (await readdir(join(root, path))).toSorted();

async function release(version: string, packageName = 'themisdb', ...more: string[]): Promise<string> {
  const directory = `releases/${packageName}-${version}${more.length > 0 ? `-${more.at(-1)}` : ''}`;
  await write(`${directory}/bin/server`, version);
  const line = ['build', directory, '--product', 'themisdb', '--package', packageName, '--version', version];
  const ran = await themis(...line, ...more);
  expect([ran.exitCode, ran.err]).toEqual([0, '']);
  return directory;
}

async function indexed(): Promise<string[]> {
  const { entries } = JSON.parse(await readFile(join(root, 'releases/index.json'), 'utf8')) as {
    entries: { package: string; version: string }[];
  };
  return entries.map((entry) => `${entry.package} ${entry.version}`);
}

async function withStore<T>(work: (store: ManifestStore) => Promise<T>): Promise<T> {
  const store = await openSqliteManifestStore(join(root, 'releases/.themis/releases.db'));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

describe('release delete', () => {
  it('withdraws the version from the signed index and removes every platform of it, and nothing else', async () => {
    await themis('keygen');
    await release('1.4.0', 'themisdb', '--platform', 'linux');
    await release('1.4.0', 'themisdb', '--platform', 'macos');
    await release('1.5.0');
    await release('1.4.0', 'tools');
    await release('1.5.0', 'tools');
    await themis('index', 'releases', ...keys, '--yank', 'tools@1.5.0');
    const unsigned = await themis('delete', '1.4.0', '--package', 'themisdb');
    expect(unsigned.error).toMatchObject({ code: 'POLICY_REFUSED', hint: expect.stringContaining('--key') });
    expect(await list()).toHaveLength(9);
    const ran = await themis('delete', '1.4.0', '--package', 'themisdb', ...keys, '--expires', '1d');
    expect(ran).toMatchObject({ exitCode: 0 });
    expect(ran.out.match(/^Deleted themisdb 1\.4\.0 \(1 file, 5 B\): /gmu)).toHaveLength(2);
    expect(await list()).toEqual([
      '.themis',
      'index',
      'index.json',
      'index.json.p7s',
      'themisdb-1.5.0',
      'tools-1.4.0',
      'tools-1.5.0',
    ]);
    expect(await indexed()).toEqual(['themisdb 1.5.0', 'tools 1.4.0', 'tools 1.5.0']);
    expect(JSON.parse(await readFile(join(root, 'releases/index.json'), 'utf8'))).toMatchObject({
      expiresAt: '2026-07-02T00:00:00Z',
      entries: [{}, {}, { yanked: true }],
    });
    expect(await withStore((store) => store.statistics())).toMatchObject({ releases: 3, tombstones: 0 });
  });

  it('needs no key where no index is or names the version, and makes none', async () => {
    await themis('keygen');
    await release('1.4.0');
    await release('1.5.0');
    expect(await themis('delete', '1.4.0', 'releases')).toMatchObject({ exitCode: 0 });
    expect(await list()).toEqual(['.themis', 'themisdb-1.5.0']);
    await themis('index', 'releases', ...keys);
    await release('1.7.0');
    expect(await themis('delete', '1.7.0')).toMatchObject({ exitCode: 0 });
    expect(await list()).toContain('index.json.p7s');
  });

  it('asks for a signature where the index has none, whether it names the version or not', async () => {
    await themis('keygen');
    await release('1.4.0');
    await release('1.5.0');
    await release('1.6.0');
    await themis('index', 'releases');
    expect((await themis('delete', '1.5.0')).error).toMatchObject({ code: 'POLICY_REFUSED' });
    expect((await themis('delete', '1.5.0', ...keys, '--unsigned')).error).toMatchObject({ code: 'USAGE' });
    expect(await indexed()).toHaveLength(3);
    expect(await themis('delete', '1.5.0', '--unsigned')).toMatchObject({ exitCode: 0 });
    expect(await indexed()).toEqual(['themisdb 1.4.0', 'themisdb 1.6.0']);
    await release('1.7.0');
    expect((await themis('delete', '1.7.0')).error).toMatchObject({ code: 'POLICY_REFUSED' });
    expect((await themis('delete', '1.7.0', ...keys)).error).toMatchObject({ reason: 'INDEX_UNSIGNED' });
    expect(await themis('delete', '1.7.0', ...keys, '--trust-index')).toMatchObject({ exitCode: 0 });
    const documents = ['.themis', 'index', 'index.json', 'index.json.p7s'];
    expect(await list()).toEqual([...documents, 'themisdb-1.4.0', 'themisdb-1.6.0']);
  });

  it('refuses what is not there, what is not one, and the last one unless told so', async () => {
    await release('1.5.0');
    await release('1.5.0', 'tools');
    expect((await themis('delete', '1.4.0')).error?.code).toBe('NOT_FOUND');
    expect((await themis('delete', '1.5.0', '--package', 'other')).error?.code).toBe('NOT_FOUND');
    expect((await themis('delete', '1.5.0')).error?.code).toBe('USAGE');
    expect((await themis('delete', 'latest')).error?.code).toBe('USAGE');
    expect((await themis('delete', '1.5.0', 'releases/tools-1.5.0')).error?.code).toBe('USAGE');
    expect(await list('releases/tools-1.5.0')).toEqual(['bin', 'release.json']);
    expect((await themis('delete', '1.5.0', '--package', 'tools')).error?.code).toBe('POLICY_REFUSED');
    expect(await themis('delete', '1.5.0', '--package', 'tools', '--last')).toMatchObject({ exitCode: 0 });
    await themis('index', 'releases');
    expect(await themis('delete', '1.5.0', '--last')).toMatchObject({ exitCode: 0 });
    expect(await list()).toEqual(['.themis']);
  });

  it('counts on after the last release, and after an index that went back or away', async () => {
    await themis('keygen');
    await release('1.4.0', 'themisdb', '--counter', '7');
    await themis('index', 'releases', ...keys, '--counter', '20');
    expect(await themis('delete', '1.4.0', '--last')).toMatchObject({ exitCode: 0 });
    expect(await list()).toEqual(['.themis']);
    const raw = new DatabaseSync(join(root, 'releases/.themis/releases.db'));
    raw.exec('PRAGMA user_version = 0');
    raw.close();
    const directory = await release('1.5.0');
    const read = async (path: string): Promise<object> =>
      JSON.parse(await readFile(join(root, path), 'utf8')) as object;
    expect(await read(`${directory}/release.json`)).toMatchObject({ counter: 8 });
    await themis('index', 'releases', ...keys);
    expect(await read('releases/index.json')).toMatchObject({ counter: 21, entries: [{}] });
    const old = ['index.json', 'index.json.p7s'].map((name) => join(root, 'releases', name));
    for (const path of old) await copyFile(path, `${path}.old`);
    await themis('index', 'releases', ...keys, '--yank', 'themisdb@1.5.0');
    for (const path of old) await rename(`${path}.old`, path);
    expect((await themis('index', 'releases', ...keys)).err).toContain('stays withdrawn');
    const withdrawn = [{ version: '1.5.0', yanked: true }];
    expect(await read('releases/index.json')).toMatchObject({ counter: 23, entries: withdrawn });
    for (const path of old) await rm(path);
    await themis('index', 'releases', ...keys);
    expect(await read('releases/index.json')).toMatchObject({ counter: 24, entries: withdrawn });
  });

  it('touches nothing while another release makes an index impossible', async () => {
    await release('1.4.0');
    await release('1.5.0');
    await themis('index', 'releases');
    const broken = await release('1.6.0');
    await write(`${broken}/release.json`, '{}');
    const ran = await themis('delete', '1.4.0', '--unsigned');
    expect(ran).toMatchObject({ exitCode: 4, err: expect.stringContaining('THM2020') });
    expect(await list('releases/themisdb-1.4.0')).toEqual(['bin', 'release.json']);
    expect(await indexed()).toEqual(['themisdb 1.4.0', 'themisdb 1.5.0']);
  });

  it('leaves what it did not list, and says so', async () => {
    await release('1.5.0');
    const directory = await release('1.4.0');
    await write(`${directory}/bin/notes.txt`, 'mine');
    await symlink('/etc/passwd', join(root, directory, 'link'));
    const ran = await themis('delete', '1.4.0');
    expect(ran.err).toContain('themisdb-1.4.0/bin: something else');
    expect(await list(directory)).toEqual(['bin', 'link']);
    expect(await list(`${directory}/bin`)).toEqual(['notes.txt']);
  });
});

describe('a deletion that was interrupted', () => {
  const files = createNodeFileSystem();

  async function graveOf(...paths: string[]): Promise<Grave> {
    const buried = await Promise.all(
      paths.map(async (path) => {
        const stat = await files.lstat(join(root, 'releases', path));
        const { sizeBytes = 0, inode = '', modifiedNs = '' } = stat ?? {};
        return { path, sizeBytes, inode, modifiedNs };
      }),
    );
    return {
      title: 'themisdb 1.4.0',
      deletedAt: '2026-01-01T00:00:00Z',
      files: buried,
      directories: ['themisdb-1.4.0'],
    };
  }

  const bury = async (grave: Grave): Promise<void> =>
    await withStore(async (store) => void (await store.bury(['themisdb-1.4.0'], grave)));

  it.each([
    ['index', ['index', 'releases']],
    ['build', ['build', 'releases/themisdb-1.5.0', '--package', 'themisdb', '--version', '1.5.0']],
    ['sign', ['sign', 'releases/themisdb-1.5.0', ...keys]],
    ['delete', ['delete', '9.9.9']],
  ])('is finished by the next %s', async (_name, line) => {
    await themis('keygen');
    await release('1.5.0');
    await release('1.4.0');
    await themis('index', 'releases');
    await bury(await graveOf('themisdb-1.4.0/release.json', 'themisdb-1.4.0/bin/server'));
    expect((await themis(...line)).err).toContain('Finished the deletion of themisdb 1.4.0');
    expect(await list('releases/themisdb-1.4.0')).toEqual(['bin']);
    expect((await themis('index', 'releases')).err).not.toContain('Finished');
    expect(await indexed()).toEqual(['themisdb 1.5.0']);
  });

  it('spares what was put in its place since, even with the same bytes', async () => {
    await release('1.5.0');
    await release('1.4.0');
    await themis('index', 'releases');
    await bury(await graveOf('themisdb-1.4.0/release.json', 'themisdb-1.4.0/bin/server'));
    const server = join(root, 'releases/themisdb-1.4.0/bin/server');
    await copyFile(server, `${server}.copy`);
    await rename(`${server}.copy`, server);
    const ran = await themis('build', 'releases/themisdb-1.4.0', '--package', 'themisdb', '--version', '1.4.0');
    expect(ran.err).toContain('kept themisdb-1.4.0/bin/server: it is not the file that was deleted');
    expect(await readFile(server, 'utf8')).toBe('1.4.0');
    expect(await withStore((store) => store.versions('themisdb'))).toEqual(['1.4.0', '1.5.0']);
  });

  it('never reaches out of the releases, whatever a tombstone says', async () => {
    await release('1.5.0');
    await themis('index', 'releases');
    await write('outside/file', 'mine');
    await symlink('../outside', join(root, 'releases/link'));
    await bury(await graveOf('../outside/file', 'link/file', 'themisdb-1.5.0/bin/server'));
    expect((await themis('index', 'releases')).err).toContain('kept themisdb-1.5.0/bin/server: another release');
    expect(await list('outside')).toEqual(['file']);
    expect(await list('releases/themisdb-1.5.0')).toEqual(['bin', 'release.json']);
  });
});

describe('the store beside releases', () => {
  it('is made by index, kept up by build and sign, left alone by Git, and none in a release', async () => {
    const directory = await release('1.4.0');
    expect(await list('releases/.themis')).toEqual(['.gitignore', 'lock']);
    await themis('index', 'releases');
    expect(await readFile(join(root, 'releases/.themis/.gitignore'), 'utf8')).toBe('*\n');
    await release('1.5.0');
    expect(await withStore((store) => store.versions('themisdb'))).toEqual(['1.4.0', '1.5.0']);
    expect((await themis('index', directory)).error).toMatchObject({ code: 'USAGE' });
    expect(await list(directory)).toEqual(['bin', 'release.json']);
  });

  it('follows what lies there: moved, edited, older or gone', async () => {
    await release('1.4.0');
    await release('1.5.0');
    await themis('index', 'releases');
    await rename(join(root, 'releases/themisdb-1.4.0'), join(root, 'releases/old'));
    await rm(join(root, 'releases/themisdb-1.5.0'), { recursive: true });
    await themis('index', 'releases');
    const found = async (): Promise<string[]> =>
      (await withStore((store) => store.find({}))).map((each) => `${each.directory} ${each.manifest.version}`);
    expect(await found()).toEqual(['old 1.4.0']);
    const raw = new DatabaseSync(join(root, 'releases/.themis/releases.db'));
    raw.exec('PRAGMA user_version = 0');
    raw.close();
    await themis('index', 'releases');
    expect(await found()).toEqual(['old 1.4.0']);
    await rm(join(root, 'releases/.themis'), { recursive: true });
    await themis('index', 'releases');
    expect(await found()).toEqual(['old 1.4.0']);
  });

  it('lets one command at a time write, and says who is in the way', async () => {
    await release('1.4.0');
    await themis('index', 'releases');
    const lock = await createNodeFileSystem().tryLock(join(root, 'releases/.themis/lock'));
    expect((await runCommand(root, ['release', 'index', 'releases'], nowMs)).error?.code).toBe('ALREADY_IN_PROGRESS');
    expect((await themis('sign', 'releases/themisdb-1.4.0', ...keys)).error?.code).toBe('NOT_FOUND');
    await themis('keygen');
    expect((await themis('sign', 'releases/themisdb-1.4.0', ...keys)).error?.code).toBe('ALREADY_IN_PROGRESS');
    await lock?.release();
    expect(await themis('index', 'releases')).toMatchObject({ exitCode: 0 });
  });

  it('is not left in a payload: the lock of what lies in one is with the state of the user', async () => {
    const directory = await release('1.4.0');
    const line = ['release', 'build', `${directory}/bin`, '--package', 'inner', '--version', '1.0.0'];
    const ran = await runCommand(root, line, nowMs, { THEMIS_STATE_DIR: join(root, 'state') });
    expect(ran.exitCode).toBe(0);
    expect(await list(directory)).toEqual(['bin', 'release.json']);
    expect(await list('state/locks')).toHaveLength(1);
  });
});

describe('release list', () => {
  it('marks the latest of each package that is offered, for each machine, and closes with what all take up', async () => {
    await release('1.4.0');
    await release('1.5.0', 'themisdb', '--platform', 'linux');
    await release('1.6.0-rc.1');
    await release('1.7.0');
    await release('1.0.0', 'tools');
    await write('releases/tools-1.0.0/again', '1.0.0');
    await themis('build', 'releases/tools-1.0.0', '--product', 'themisdb', '--package', 'tools', '--version', '1.0.0');
    await themis('index', 'releases', '--yank', 'themisdb@1.7.0');
    const { releases, statistics } = JSON.parse((await themis('list', '-o', 'json')).out) as {
      releases: { version: string; latest: boolean }[];
      statistics: object;
    };
    const latest = releases.filter((row) => row.latest).map(({ version }) => version);
    expect(latest).toEqual(['1.4.0', '1.5.0', '1.0.0']);
    expect(statistics).toEqual({
      releases: 5,
      packages: 2,
      files: 6,
      sizeBytes: 35,
      distinctFiles: 5,
      distinctBytes: 30,
    });
    const lines = (await themis('list')).out.trimEnd().split('\n');
    expect(lines.at(-1)).toBe('5 releases of 2 packages, 6 files, 35 B, 30 B without repeats');
    expect(lines.find((line) => line.includes('1.5.0'))).toContain('latest, unsigned');
  });
});

describe('release list --file', () => {
  it('names the releases that hold a path and whether their bytes are still right, and writes nothing', async () => {
    await release('1.4.0');
    const directory = await release('1.5.0');
    await write(`${directory}/bin/server`, '1.5.1');
    const ran = await themis('list', '--file', 'bin/server', '-o', 'json');
    expect(ran.exitCode).toBe(1);
    expect(JSON.parse(ran.out)).toMatchObject({
      path: 'bin/server',
      files: [
        { version: '1.4.0', state: 'intact', sizeBytes: 5, directory: 'themisdb-1.4.0' },
        { version: '1.5.0', state: 'content differs' },
      ],
    });
    expect((await themis('list', '--file', 'bin/server')).out).toMatch(/1\.4\.0 +any +5 B +[0-9a-f]{12} +intact/u);
    expect(await themis('list', '--file', 'bin/none')).toMatchObject({
      exitCode: 0,
      out: 'No release holds bin/none.\n',
    });
    expect(await list()).toEqual(['.themis', 'themisdb-1.4.0', 'themisdb-1.5.0']);
    expect(await list('releases/.themis')).toEqual(['.gitignore', 'lock']);
  });
});
