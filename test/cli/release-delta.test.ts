import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ran, runCommand } from '../support/run-command.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'themis-delta-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const keys = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];
const fast = ['--algorithms', 'vcdiff', '--workers', '1'];
const themis = async (...line: string[]): Promise<Ran> => await runCommand(root, ['release', ...line]);
const list = async (path: string): Promise<string[]> => (await readdir(join(root, path))).toSorted();
const text = async (path: string): Promise<string> => await readFile(join(root, path), 'utf8');

/** Numbers without a pattern, different for each version in a few places only. */
function programOf(version: string): string {
  let state = 1;
  const lines = Array.from({ length: 3000 }, (_, line) => {
    state = (state * 48_271) % 2_147_483_647;
    return line % 500 === 0 ? `${state} of ${version}` : String(state);
  });
  return lines.join('\n');
}

async function release(version: string, ...more: string[]): Promise<string> {
  const directory = `releases/db-${version}${more.length > 0 ? `-${more.at(-1)}` : ''}`;
  const files = {
    'bin/server': `${programOf(version)} ${more.join(' ')}`,
    'etc/server.conf': `version ${version}\n`,
    'share/same': 'the same in both',
    [`lib/libdb.so.${version}`]: programOf(`library ${version}`),
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(root, directory, dirname(path)), { recursive: true });
    await writeFile(join(root, directory, path), content);
  }
  expect((await themis('build', directory, '--package', 'db', '--version', version, ...more)).exitCode).toBe(0);
  expect((await themis('sign', directory, ...keys)).exitCode).toBe(0);
  return directory;
}

interface Shown {
  readonly directory: string | null;
  readonly patchBytes: number;
  readonly files: readonly { readonly path: string; readonly basePath: string; readonly algorithm: string }[];
  readonly whole: readonly { readonly path: string }[];
  readonly unchanged: number;
}
const deltasOf = ({ out }: Ran): readonly Shown[] => (JSON.parse(out) as { deltas: Shown[] }).deltas;

describe('release delta', () => {
  it('writes signed patches of what changed, lists them, and release verify checks every byte of them', async () => {
    await themis('keygen');
    await release('1.4.0');
    await release('1.5.0');
    const ran = await themis('delta', '--from', '1.4.0', '--to', '1.5.0', ...fast, ...keys, '--index', '-o', 'json');
    expect([ran.exitCode, ran.err]).toEqual([0, expect.stringContaining('Made the index again; deltas in it: 1')]);
    const [delta] = deltasOf(ran);
    expect(delta).toMatchObject({
      directory: 'deltas/db-1.4.0-1.5.0',
      unchanged: 1,
      whole: [{ path: 'etc/server.conf' }],
      files: [
        { path: 'bin/server', basePath: 'bin/server', algorithm: 'VCDIFF' },
        { path: 'lib/libdb.so.1.5.0', basePath: 'lib/libdb.so.1.4.0', algorithm: 'VCDIFF' },
      ],
    });
    expect(delta!.patchBytes).toBeLessThan(3000);
    const verified = await themis('verify', 'releases', '--anchors', 'keys/anchors.json');
    expect([verified.exitCode, verified.out]).toEqual([0, expect.stringContaining('patches')]);
    expect((await themis('list', 'releases')).out).toMatch(/DELTA OF[^]*db +1\.4\.0 +1\.5\.0/u);

    const [patch] = await list('releases/deltas/db-1.4.0-1.5.0/patches');
    await writeFile(join(root, 'releases/deltas/db-1.4.0-1.5.0/patches', patch!), 'damaged');
    const refused = await themis('verify', 'releases', '--anchors', 'keys/anchors.json');
    expect([refused.exitCode, refused.out]).toEqual([4, expect.stringContaining('DELTA_PATCH_SIZE')]);
    const indexed = await themis('index', 'releases', ...keys);
    expect([indexed.err, indexed.out]).toEqual([
      expect.stringContaining('THM2030'),
      expect.stringContaining('Indexed 2 releases,'),
    ]);
  });

  it('gives the same bytes again, signs later, and removes what release delete makes pointless', async () => {
    await themis('keygen');
    for (const version of ['1.4.0', '1.5.0', '1.6.0']) await release(version);
    const unsigned = await themis('delta', '--from', '1.4.0', '--to', '1.5.0', ...fast);
    expect(unsigned.out).toContain('Next: themis release sign');
    const place = 'releases/deltas/db-1.4.0-1.5.0';
    const before = await text(`${place}/delta.json`);
    expect((await themis('delta', '--from', '1.4.0', '--to', '1.5.0', ...fast)).out).toContain('Unchanged:');
    await cp(join(root, place), join(root, 'kept'), { recursive: true });
    await rm(join(root, place), { recursive: true });
    await themis('delta', '--from', 'releases/db-1.4.0', '--to', 'releases/db-1.5.0', ...fast);
    expect(await text(`${place}/delta.json`)).toBe(before);
    expect(await list(`${place}/patches`)).toEqual(await list('kept/patches'));

    expect((await themis('index', 'releases', ...keys)).err).toContain('THM2026');
    expect((await themis('sign', place, ...keys)).out).toContain('Signed the delta of db 1.4.0 to 1.5.0');
    await themis('delta', '--from', '1.5.0', '--to', '1.6.0', ...fast, ...keys);
    expect((await themis('index', 'releases', ...keys)).out).toContain('Indexed 3 releases and 2 deltas');
    const deleted = await themis('delete', '1.4.0', ...keys);
    expect([deleted.exitCode, deleted.err]).toEqual([0, '']);
    expect(deleted.out).toContain('Deleted the delta releases/deltas/db-1.4.0-1.5.0');
    expect(await list('releases/deltas')).toEqual(['db-1.5.0-1.6.0']);
    expect(JSON.parse(await text('releases/index.json'))).toMatchObject({ deltas: [{ package: 'db' }] });
    await themis('delete', '1.6.0', ...keys);
    expect(await list('releases')).not.toContain('deltas');
  });

  it('makes no delta worse that lies there, whatever it is called, and takes the place of no other one', async () => {
    await themis('keygen');
    for (const version of ['1.4.0', '1.5.0']) await release(version);
    const line = ['delta', '--from', '1.4.0', '--to', '1.5.0', '-o', 'json', '--workers', '1'];
    const [first] = deltasOf(await themis(...line, '--algorithms', 'vcdiff,bsdiff'));
    const deltas = join(root, 'releases/deltas');
    await rename(join(deltas, 'db-1.4.0-1.5.0'), join(deltas, 'mine'));
    const again = await themis(...line, '--algorithms', 'zstd_dict', '--budget', '0s');
    expect(deltasOf(again)).toMatchObject([
      { directory: 'deltas/mine', changed: false, patchBytes: first!.patchBytes },
    ]);
    expect(deltasOf(again)[0]!.files).toMatchObject(first!.files.map((file) => ({ ...file, kept: true })));

    const document = join(deltas, 'mine/delta.json');
    const other = (await readFile(document, 'utf8')).replace('"from": "1.4.0"', '"from": "1.3.0"');
    await rename(join(deltas, 'mine'), join(deltas, 'db-1.4.0-1.5.0'));
    await writeFile(join(deltas, 'db-1.4.0-1.5.0/delta.json'), other);
    const refused = await themis(...line, '--algorithms', 'vcdiff');
    expect([refused.error?.code, refused.err]).toEqual([
      'POLICY_REFUSED',
      expect.stringContaining('db 1.3.0 to 1.5.0'),
    ]);
  });

  it('goes over every platform that both versions are there for, and says what there was no time for', async () => {
    await themis('keygen');
    for (const version of ['1.4.0', '1.5.0'])
      for (const platform of ['linux', 'macos']) await release(version, '--platform', platform);
    await release('1.5.0', '--platform', 'windows');
    const ran = await themis('delta', '--from', '1.4.0', '--to', '1.5.0', 'releases', ...fast, '-o', 'json');
    expect(deltasOf(ran).map(({ directory }) => directory)).toEqual([
      'deltas/db-1.4.0-1.5.0-linux-any',
      'deltas/db-1.4.0-1.5.0-macos-any',
    ]);
    const late = await themis('delta', '--from', '1.4.0', '--to', '1.5.0', 'releases', ...fast, '--budget', '0s');
    expect([late.exitCode, late.err]).toEqual([
      0,
      expect.stringContaining('After 0ms VCDIFF was not tried on 4 files.'),
    ]);
    expect(late.out).toContain('2 files with the patch that was there');
    await rm(join(root, 'releases/deltas'), { recursive: true });
    const never = await themis('delta', '--from', '1.4.0', '--to', '1.5.0', ...fast, '--budget', '0s');
    expect(never.out).toContain('nothing was written');
    const mixed = ['--from', 'releases/db-1.4.0-linux', '--to', 'releases/db-1.5.0-windows'];
    expect((await themis('delta', ...mixed, ...fast)).error?.code).toBe('USAGE');
  });

  it('starts at nothing that is not what was released', async () => {
    await themis('keygen');
    await release('1.4.0');
    await release('1.5.0');
    const run = async (): Promise<string | undefined> =>
      (await themis('delta', '--from', '1.4.0', '--to', '1.5.0', ...fast)).error?.code;
    await writeFile(join(root, 'releases/db-1.4.0/bin/server'), 'another program');
    expect(await run()).toBe('FILE_HASH_MISMATCH');
    await rm(join(root, 'releases/db-1.4.0/bin/server'));
    expect(await run()).toBe('FILE_MISSING');
    const manifest = 'releases/db-1.4.0/release.json';
    await writeFile(join(root, manifest), (await text(manifest)).replace('"counter": 1', '"counter": 2'));
    expect(await run()).toBe('NOT_FOUND');
    expect(await list('releases')).not.toContain('deltas');
  });

  it('refuses what it cannot make sense of', async () => {
    await themis('keygen');
    await release('1.4.0');
    await release('1.5.0');
    const codeOf = async (...line: string[]): Promise<string | undefined> =>
      (await themis('delta', ...line)).error?.code;
    expect(await codeOf('--from', '1.4.0', '--to', '9.0.0')).toBe('NOT_FOUND');
    expect(await codeOf('--from', '1.4.0', '--to', '1.5.0', '--package', 'other')).toBe('NOT_FOUND');
    expect(await codeOf('--from', '1.4.0', '--to', '1.4.0')).toBe('USAGE');
    expect(await codeOf('--from', '1.4.0', '--to', '1.5.0', '--algorithms', 'xz')).toBe('USAGE');
    expect(await codeOf('--from', '1.4.0', '--to', '1.5.0', '--index')).toBe('USAGE');
    expect(await codeOf('--from', 'keys', '--to', '1.5.0')).toBe('NOT_FOUND');
    expect(await codeOf('--from', '1.4.0', '--to', '1.5.0', 'releases/db-1.5.0')).toBe('USAGE');
  });
});
