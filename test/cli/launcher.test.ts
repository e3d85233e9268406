import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const launcher = fileURLToPath(new URL('../../bin/themis.cjs', import.meta.url));
/** A Node too old for Themis, where the machine has one. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find(
  (path) =>
    existsSync(path) &&
    Number(spawnSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }).stdout) < 26,
);

if (oldNode === undefined)
  console.warn('launcher: no Node older than 26 on this machine, hand-over not tested; install one as /usr/bin/node');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-launcher-'));
  mkdirSync(join(directory, 'bin'));
  copyFileSync(launcher, join(directory, 'bin', 'themis.cjs'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A stand-in entry in place of the CLI, run by the bundled node of the fixture. */
function install(main: string): void {
  mkdirSync(join(directory, 'src/apps/cli'), { recursive: true });
  writeFileSync(join(directory, 'src/apps/cli/main.ts'), `export function main(): void { ${main} }`);
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  mkdirSync(join(directory, 'node_modules/node/bin'), { recursive: true });
  symlinkSync(process.execPath, join(directory, 'node_modules/node/bin/node'));
}

test('on Node 26 it runs the CLI in the same process', () => {
  install('process.stdout.write(String(process.pid)); process.exitCode = 9;');
  const child = spawnSync(process.execPath, ['bin/themis.cjs'], { cwd: directory, encoding: 'utf8' });
  expect([child.status, child.stdout]).toEqual([9, String(child.pid)]);
});

test.skipIf(oldNode === undefined)(
  'on an older Node it hands over to the bundled one, with arguments and exit code',
  () => {
    install('process.stdout.write(process.version + " " + process.argv.slice(2).join(" ")); process.exitCode = 6;');
    const child = spawnSync(oldNode!, ['bin/themis.cjs', 'plan', '-C', 'x y'], { cwd: directory, encoding: 'utf8' });
    expect([child.status, child.stdout]).toEqual([6, `${process.version} plan -C x y`]);
  },
);

test.skipIf(oldNode === undefined)(
  'without a Node 26 it exits 69 with one sentence, of npm ci in a checkout only',
  () => {
    const start = () => spawnSync(oldNode!, ['bin/themis.cjs'], { cwd: directory, encoding: 'utf8' });
    expect(start()).toMatchObject({ status: 69, stdout: '' });
    expect(start().stderr).toMatch(/^themis needs Node\.js 26 or newer and found v[^\n:]*: install Node\.js 26\.\n$/u);
    mkdirSync(join(directory, 'src/apps/cli'), { recursive: true });
    writeFileSync(join(directory, 'src/apps/cli/main.ts'), '');
    expect(start()).toMatchObject({ status: 69, stdout: '' });
    expect(start().stderr).toMatch(/^themis needs Node\.js 26[^\n]*npm ci[^\n]*\n$/u);
  },
);

test.skipIf(oldNode === undefined)('SIGTERM reaches the CLI and its exit code comes back', async () => {
  install(
    'process.on("SIGTERM", () => process.exit(143)); process.stdout.write("ready"); setInterval(() => {}, 1000);',
  );
  const child = spawn(oldNode!, ['bin/themis.cjs'], { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGTERM');
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(143);
});

test('NO_COLOR beside FORCE_COLOR is no reason for a warning', () => {
  install('process.exitCode = process.getBuiltinModule("node:tty").WriteStream.prototype.getColorDepth();');
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '1' };
  const child = spawnSync(process.execPath, ['bin/themis.cjs'], { cwd: directory, encoding: 'utf8', env });
  expect([child.status, child.stderr]).toEqual([1, '']);
});

describe('compiled code', () => {
  beforeEach(() => install('process.exitCode = 9;'));

  function start(cache: string, ...flags: readonly string[]): number | null {
    const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...env } = process.env;
    const kept = { ...env, XDG_CACHE_HOME: cache };
    const argv = [...flags, 'bin/themis.cjs'];
    return spawnSync(process.execPath, argv, { cwd: directory, env: kept, timeout: 30_000 }).status;
  }

  test('is kept where only this user writes', () => {
    const cache = join(directory, 'cache');
    expect(start(cache)).toBe(9);
    expect(statSync(join(cache, 'themis')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(cache, 'themis'))).toHaveLength(1);
  });

  test('is not kept where others could write it, or nobody can', () => {
    const shared = join(directory, 'shared/themis');
    mkdirSync(shared, { recursive: true });
    chmodSync(shared, 0o777);
    expect(start(join(directory, 'shared'))).toBe(9);
    expect(readdirSync(shared)).toEqual([]);
    expect(start('/dev/null/nowhere')).toBe(9);
  });

  test('is not kept below the working directory, nor where a user has no home', () => {
    expect(start('cache')).toBe(9);
    expect(existsSync(join(directory, 'cache'))).toBe(false);
    writeFileSync(join(directory, 'no-home.cjs'), `require('os').homedir = () => { throw new Error('none'); };`);
    expect(start('', '--require', './no-home.cjs')).toBe(9);
  });
});
