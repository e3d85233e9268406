import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGit } from '../../src/adapters/git/simple-git.ts';
import type { Git } from '../../src/ports/git.ts';
import { fakeGit, type Tree } from '../support/fake-git.ts';
import { newRepository, type Repository } from '../support/real-repository.ts';

const first: Tree = { 'fleets/orders/fleet.yaml': 'one\n', 'README.md': 'read\n' };
const second: Tree = {
  ...first,
  'fleets/orders/fleet.yaml': 'two – ü\n',
  'fleets/orders/a b/[x]*.yaml': 'odd\n',
  'fleets/orders/link.yaml': '-> ../../README.md',
  '.gitignore': '*.local.yaml\n',
};

interface Setting {
  readonly git: Git;
  readonly root: string;
  readonly outside: string;
  readonly ids: readonly [string, string];
  readonly remove: () => void;
}

function real(): Setting {
  const repository: Repository = newRepository();
  repository.write(first);
  const one = repository.commit('one');
  repository.git('tag', 'v1');
  repository.write({ 'fleets/orders/fleet.yaml': second['fleets/orders/fleet.yaml']! });
  const { 'fleets/orders/fleet.yaml': _, 'README.md': _read, ...added } = second;
  repository.write(added);
  const two = repository.commit('two');
  repository.git('config', 'user.email', 'ops@example.org');
  repository.git('remote', 'add', 'origin', 'https://user:hunter22@git.example.org/fleets.git');
  writeFileSync(join(repository.root, 'fleets/orders/new.yaml'), 'new\n');
  const outside = mkdtempSync(join(tmpdir(), 'themis-outside-'));
  const remove = (): void => {
    repository.remove();
    rmSync(outside, { recursive: true });
  };
  return { git: openGit(), root: repository.root, outside, ids: [one, two], remove };
}

function fake(): Setting {
  const ids = ['1'.repeat(40), '2'.repeat(40)] as const;
  const git = fakeGit({
    root: '/repository',
    revisions: { v1: { id: ids[0], tree: first }, main: { id: ids[1], tree: second } },
    head: 'main',
    changed: ['fleets/orders/new.yaml'],
    remote: 'https://git.example.org/fleets.git',
    userEmail: 'ops@example.org',
    ignored: (path) => path.endsWith('.local.yaml'),
  });
  return { git, root: '/repository', outside: '/elsewhere', ids, remove: () => undefined };
}

describe.each([
  ['the git program', real],
  ['the fake', fake],
])('%s', (_, open) => {
  let git: Git;
  let root: string;
  let setting: Setting;
  beforeAll(() => {
    setting = open();
    ({ git, root } = setting);
  });
  afterAll(() => setting.remove());

  test('finds the repository of a directory below its root', async () => {
    expect(await git.locate(join(root, 'fleets/orders'))).toEqual({ root, path: 'fleets/orders' });
    expect(await git.locate(root)).toEqual({ root, path: '' });
    expect(await git.locate(setting.outside)).toBeNull();
  });

  test('resolves branches, tags and ids, and refuses what is none', async () => {
    expect(await git.resolve(root, 'v1')).toBe(setting.ids[0]);
    expect(await git.resolve(root, 'main')).toBe(setting.ids[1]);
    expect(await git.resolve(root, setting.ids[0])).toBe(setting.ids[0]);
    expect(await git.head(root)).toBe(setting.ids[1]);
    await expect(git.resolve(root, 'nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(git.resolve(root, '--all')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('lists files and links below a directory at a revision', async () => {
    expect(await git.listFiles(root, 'v1', 'fleets/orders')).toEqual(['fleet.yaml']);
    expect(await git.listFiles(root, 'HEAD', 'fleets/orders')).toEqual(['a b/[x]*.yaml', 'fleet.yaml']);
    expect(await git.listFiles(root, 'HEAD', '')).toEqual([
      '.gitignore',
      'README.md',
      'fleets/orders/a b/[x]*.yaml',
      'fleets/orders/fleet.yaml',
    ]);
    expect([...(await git.listLinks(root, 'HEAD', 'fleets/orders'))]).toEqual([['link.yaml', '../../README.md']]);
    expect([...(await git.listLinks(root, 'v1', ''))]).toEqual([]);
  });

  test('reads one file or many as they were at a revision', async () => {
    expect(await git.readFile(root, 'v1', 'fleets/orders/fleet.yaml')).toBe('one\n');
    const read = await git.readFiles(root, 'main', ['README.md', 'fleets/orders/fleet.yaml', 'README.md']);
    expect(read.map((bytes) => new TextDecoder().decode(bytes))).toEqual(['read\n', 'two – ü\n', 'read\n']);
    expect(await git.readFiles(root, 'main', [])).toEqual([]);
    await expect(git.readFile(root, 'v1', '.gitignore')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('says whether anything below a directory differs from HEAD', async () => {
    expect(await git.isDirty(root, 'fleets/orders')).toBe(true);
    expect(await git.isDirty(root, '')).toBe(true);
    expect(await git.isDirty(root, 'elsewhere')).toBe(false);
  });

  test('names the remote without user and password', async () => {
    expect(await git.remote(root)).toBe('https://git.example.org/fleets.git');
  });

  test('names who configured the repository', async () => {
    expect(await git.userEmail(root)).toBe('ops@example.org');
  });

  test('names what is ignored', async () => {
    const paths = ['fleets/orders/fleet.yaml', 'fleets/orders/my.local.yaml'];
    expect([...(await git.ignored(root, paths))]).toEqual(['fleets/orders/my.local.yaml']);
    expect([...(await git.ignored(root, ['README.md']))]).toEqual([]);
    expect([...(await git.ignored(root, []))]).toEqual([]);
  });

  test('a commit without a signature has no signer', async () => {
    expect(await git.signer(root, 'HEAD')).toBeNull();
  });
});

// Git itself calls the program to sign and to verify.
const hasSshKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;
if (!hasSshKeygen)
  console.warn('git: no ssh-keygen on this machine, signed commits not tested; install openssh-client');

test.skipIf(!hasSshKeygen)('a commit signed with an ssh key has the fingerprint of that key as signer', async () => {
  const repository = newRepository();
  try {
    const key = join(repository.root, '.key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const [kind, blob] = readFileSync(`${key}.pub`, 'utf8').split(' ');
    writeFileSync(join(repository.root, '.signers'), `test@example.org ${kind!} ${blob!}\n`);
    for (const [name, value] of [
      ['gpg.format', 'ssh'],
      ['user.signingkey', key],
      ['gpg.ssh.allowedSignersFile', join(repository.root, '.signers')],
    ] as const) {
      repository.git('config', name, value);
    }
    repository.git('commit', '-q', '--allow-empty', '-S', '-m', 'signed');
    const fingerprint = execFileSync('ssh-keygen', ['-lf', key], { encoding: 'utf8' }).split(' ')[1];
    expect(await openGit().signer(repository.root, 'HEAD')).toBe(fingerprint);
  } finally {
    repository.remove();
  }
});

test('a repository without a commit has no head, and is read all the same', async () => {
  const repository = newRepository();
  try {
    const git = openGit();
    expect(await git.head(repository.root)).toBeNull();
    expect(await git.remote(repository.root)).toBeNull();
    expect(await git.isDirty(repository.root, '')).toBe(false);
  } finally {
    repository.remove();
  }
});

test('a directory that is not there is named', async () => {
  await expect(openGit().locate(join(tmpdir(), 'themis-nothing-here'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
