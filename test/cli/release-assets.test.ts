/** What `release assets` lays out is what a GitHub source reads. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startGithubServer } from '../support/github-server.ts';
import { collect, githubSource } from '../support/release-sources.ts';
import { runCommand } from '../support/run-command.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'themis-assets-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const files = ['index.json', 'index.json.p7s', 'crls/ca.crl', 'v1/release.json', 'v1/lib/my_file', 'v1/.hidden'];

function write(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(join(root, 'releases', dirname(path)), { recursive: true });
    writeFileSync(join(root, 'releases', path), path);
  }
}

const assets = (...line: string[]) => runCommand(root, ['release', 'assets', 'releases', '--out', 'assets', ...line]);

test('every file of the directory is an asset that is found again, the store beside it is none', async () => {
  write(...files, '.themis/releases.db');
  const ran = await assets();
  expect(ran).toMatchObject({ exitCode: 0, out: 'assets/v1  3 assets\nassets/themis-index  3 assets\n' });
  const tags = readdirSync(join(root, 'assets'));
  const releases = new Map(
    tags.map((tag) => {
      const names = readdirSync(join(root, 'assets', tag));
      return [tag, new Map(names.map((name) => [name, readFileSync(join(root, 'assets', tag, name))]))];
    }),
  );
  const server = await startGithubServer({ releases });
  try {
    for (const path of files) expect(await collect(githubSource(server), path, 100)).toBe(path);
  } finally {
    await server.close();
  }
});

test('JSON says which file is which asset', async () => {
  write('index.json', 'v1/lib/my_file');
  expect(JSON.parse((await assets('-o', 'json')).out)).toEqual([
    { path: 'index.json', tag: 'themis-index', name: 'index.json' },
    { path: 'v1/lib/my_file', tag: 'v1', name: 'lib__my_5Ffile' },
  ]);
});

test('what would go wrong on GitHub is refused before anything is written', async () => {
  expect((await assets()).error).toMatchObject({ code: 'NOT_FOUND' });
  write('v1/release.json');
  expect((await assets()).error).toMatchObject({ code: 'NOT_FOUND' });
  write('index.json');
  symlinkSync('release.json', join(root, 'releases/v1/link'));
  expect((await assets()).error).toMatchObject({ code: 'SYMLINK_REFUSED' });
  rmSync(join(root, 'releases/v1/link'));
  write('release.json');
  expect((await assets()).error).toMatchObject({ code: 'USAGE' });
  rmSync(join(root, 'releases/release.json'));
  write(...Array.from({ length: 1001 }, (_, index) => `v2/f${index}`));
  expect((await assets()).error).toMatchObject({ code: 'USAGE', message: expect.stringContaining('1001') as string });
  expect(readdirSync(root)).toEqual(['releases']);
  rmSync(join(root, 'releases/v2'), { recursive: true });
  expect((await assets()).exitCode).toBe(0);
  expect((await assets()).error).toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('not empty') as string,
  });
});
