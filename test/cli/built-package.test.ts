/** What a package ships, as it was built for this run: it needs little beside itself, and says whose work is in it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { launcherFile } from '../support/launcher-file.ts';

const dist = join(dirname(launcherFile), '../dist');

function importsOf(file: string): string[] {
  const text = readFileSync(join(dist, file), 'utf8');
  const { module } = parseSync(file, text);
  const computed = module.dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start + 1, end - 1));
  return [...module.staticImports.map(({ moduleRequest }) => moduleRequest.value), ...computed];
}

test('beside itself it loads what loads files of its own, and nothing that only a checkout has', () => {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  expect(files.length).toBeGreaterThan(50);
  const others = new Set(files.flatMap(importsOf).filter((name) => !name.startsWith('.') && !isBuiltin(name)));
  // The last is what a plug-in is loaded by.
  const known = ['@electric-sql/pglite', '@electric-sql/pglite/nodefs', 'libpg-query', 'themis:plug-in'];
  expect([...others].toSorted()).toEqual(known);
  expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining(['@electric-sql/pglite', 'libpg-query']));
});

test('of every package that went in the licence is there, wherever its authors wrote it down', () => {
  const notices = readFileSync(join(dist, 'THIRD-PARTY.txt'), 'utf8').split(`\n\n${'-'.repeat(80)}\n\n`);
  const texts = new Map(notices.map((notice) => [notice.slice(0, notice.indexOf(' ')), notice]));
  const inside = Object.keys(manifest.dependencies).filter((name) => name !== 'libpg-query');
  expect([...texts.keys()]).toEqual(expect.arrayContaining([...inside, 'pg-types', 'pgpass']));
  for (const [name, text] of texts) {
    expect(text, name).toMatch(/copyright/iu);
    expect(text, name).toMatch(/warrant/iu);
  }
});

test('a script is converted by the parser that lies beside it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'themis-built-'));
  try {
    writeFileSync(join(directory, 'users.sql'), 'CREATE TABLE users (id bigint PRIMARY KEY);');
    const line = ['migrate', 'convert', 'users.sql', '--database', 'orders', '--schema-version', '1'];
    const ran = spawnSync(process.execPath, [launcherFile, ...line], { cwd: directory, encoding: 'utf8' });
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('createTable') as string });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
