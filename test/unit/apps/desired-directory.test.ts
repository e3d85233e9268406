import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openGit } from '../../../src/adapters/git/simple-git.ts';
import { readDesiredDirectory } from '../../../src/apps/cli/reading/desired-directory.ts';
import { newRepository, writeTree, type Repository } from '../../support/real-repository.ts';

const tree = {
  'fleet.yaml': 'a: 1\n',
  'tenants/one.yaml': 'b: 1\n',
  'tenants/notes.txt': 'no\n',
  'tenants/old.yml': 'no\n',
  '.hidden/x.yaml': 'no\n',
  '.dot.yaml': 'no\n',
  'node_modules/x/x.yaml': 'no\n',
  'releases/index.json': '{}',
  'releases/themisdb-1.5.0/config.yaml': 'no\n',
  'staging/build/release.json': '{}',
  'staging/build/config.yaml': 'no\n',
  'nodes/a/node.yaml': 'no\n',
  'nodes/a/trust/anchors.json': '{}',
  'nodes/a/install/config.yaml': 'no\n',
  'by-name/node.yaml': 'c: 1\n',
};
const wanted = ['by-name/node.yaml', 'fleet.yaml', 'tenants/one.yaml'];

let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'themis-desired-')));
});
afterEach(() => rm(directory, { recursive: true }));

async function read(where: string, revision?: string): Promise<{ paths: readonly string[]; codes: readonly string[] }> {
  const { files, findings } = await readDesiredDirectory(where, openGit(), revision);
  return {
    paths: files.map(({ path }) => path),
    codes: findings.map(({ code, source }) => `${code} ${source?.file ?? ''}`),
  };
}

test('yaml files are read, but nothing of nodes, releases, dot-directories and packages', async () => {
  writeTree(directory, tree);
  expect(await read(directory)).toEqual({ paths: wanted, codes: [] });
});

test('outside Git there is no revision to speak of, and none to ask for', async () => {
  writeTree(directory, tree);
  const { source, prefix } = await readDesiredDirectory(directory, openGit());
  expect([source, prefix]).toEqual([{ repository: null, revision: null, dirty: false, signer: null }, '']);
  await expect(read(directory, 'main')).rejects.toMatchObject({ code: 'GIT' });
});

test('a document of Themis under another ending is named, a file of another program is not', async () => {
  const repository = newRepository();
  try {
    const own = '# blackouts\napiVersion: themis.dev/v1\nkind: Tenant\n';
    repository.write({ 'fleet.yaml': 'a: 1\n', 'tenant.yml': own, 'b/c.YAML': own, 'compose.yml': 'services: {}\n' });
    repository.commit('one');
    const expected = { paths: ['fleet.yaml'], codes: ['THM1009 b/c.YAML', 'THM1009 tenant.yml'] };
    expect(await read(repository.root)).toEqual(expected);
    expect(await read(repository.root, 'HEAD')).toEqual(expected);
    const { findings } = await readDesiredDirectory(repository.root, openGit());
    expect(findings[1]).toMatchObject({ source: { line: 2, col: 1 }, fix: 'Rename it to tenant.yaml.' });
  } finally {
    repository.remove();
  }
});

test('a link out of the directory is refused, one inside is left to its target', async () => {
  writeTree(directory, {
    'fleet/a.yaml': 'a: 1\n',
    'fleet/same.yaml': '-> a.yaml',
    'fleet/out.yaml': '-> ../b.yaml',
    'fleet/broken.yaml': '-> nothing.yaml',
    'fleet/dir': '-> ../elsewhere',
    'elsewhere/c.yaml': 'c: 1\n',
    'b.yaml': 'b: 1\n',
  });
  expect(await read(join(directory, 'fleet'))).toEqual({
    paths: ['a.yaml'],
    codes: ['THM1008 broken.yaml', 'THM1008 out.yaml'],
  });
});

test('what is not UTF-8 is a finding, and the rest is read', async () => {
  writeTree(directory, { 'good.yaml': 'a: 1\n' });
  writeFileSync(join(directory, 'bad.yaml'), new Uint8Array([0x61, 0xff, 0xfe]));
  expect(await read(directory)).toEqual({ paths: ['good.yaml'], codes: ['THM1007 bad.yaml'] });
});

describe('in a Git repository', () => {
  let repository: Repository;
  beforeEach(() => {
    repository = newRepository();
    repository.write({ '.gitignore': 'secret.yaml\nout/\n', 'other.yaml': 'no\n' });
    for (const [path, text] of Object.entries(tree)) repository.write({ [`fleets/orders/${path}`]: text });
    repository.write({ 'fleets/orders/secret.yaml': 'no\n', 'fleets/orders/out/x.yaml': 'no\n' });
  });
  afterEach(() => repository.remove());

  test('a fleet may be a directory of the repository, without what Git ignores', async () => {
    const commit = repository.commit('one');
    const where = join(repository.root, 'fleets/orders');
    expect(await read(where)).toEqual({ paths: wanted, codes: [] });
    const { source, prefix } = await readDesiredDirectory(where, openGit());
    expect([source, prefix]).toEqual([
      { repository: null, revision: commit, dirty: false, signer: null },
      'fleets/orders',
    ]);
  });

  test('a revision gives the same files as its work tree, whatever lies there now', async () => {
    const commit = repository.commit('one');
    const where = join(repository.root, 'fleets/orders');
    const before = await readDesiredDirectory(where, openGit());
    repository.write({ 'fleets/orders/new.yaml': 'new: 1\n', 'fleets/orders/fleet.yaml': 'a: 2\n' });
    rmSync(join(where, 'tenants'), { recursive: true });
    const after = await readDesiredDirectory(where, openGit(), 'HEAD');
    expect(after.files).toEqual(before.files);
    expect(after.source).toEqual({ repository: null, revision: commit, dirty: false, signer: null });
    expect((await readDesiredDirectory(where, openGit())).source.dirty).toBe(true);
  });

  test('a document of Themis under another ending is named, a file of another program is not', async () => {
    const repository = newRepository();
    try {
      const own = '# blackouts\napiVersion: themis.dev/v1\nkind: Tenant\n';
      repository.write({ 'fleet.yaml': 'a: 1\n', 'tenant.yml': own, 'b/c.YAML': own, 'compose.yml': 'services: {}\n' });
      repository.commit('one');
      const expected = { paths: ['fleet.yaml'], codes: ['THM1009 b/c.YAML', 'THM1009 tenant.yml'] };
      expect(await read(repository.root)).toEqual(expected);
      expect(await read(repository.root, 'HEAD')).toEqual(expected);
      const { findings } = await readDesiredDirectory(repository.root, openGit());
      expect(findings[1]).toMatchObject({ source: { line: 2, col: 1 }, fix: 'Rename it to tenant.yaml.' });
    } finally {
      repository.remove();
    }
  });

  test('a link out of the directory is refused at a revision as well', async () => {
    repository.write({ 'fleets/orders/out.yaml': '-> ../../other.yaml', 'fleets/orders/in.yaml': '-> fleet.yaml' });
    repository.commit('links');
    const where = join(repository.root, 'fleets/orders');
    expect(await read(where, 'HEAD')).toEqual({ paths: wanted, codes: ['THM1008 out.yaml'] });
    expect(await read(where)).toEqual({ paths: wanted, codes: ['THM1008 out.yaml'] });
  });

  test('a revision that does not exist is named', async () => {
    repository.commit('one');
    await expect(read(repository.root, 'nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a repository inside is not read', async () => {
    repository.write({ 'fleets/orders/inner/x.yaml': 'no\n', 'fleets/orders/inner/.git': 'gitdir: elsewhere\n' });
    expect((await read(join(repository.root, 'fleets/orders'))).paths).toEqual(wanted);
  });
});
