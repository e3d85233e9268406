import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand, type Ran } from '../support/run-command.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'themis-index-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const keys = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];
const release = 'releases/themisdb-1.5.0';

async function themis(...line: string[]): Promise<Ran> {
  return await runCommand(root, ['release', ...line]);
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(join(root, dirname(path)), { recursive: true });
  await writeFile(join(root, path), content);
}

const read = async (path: string): Promise<Buffer> => await readFile(join(root, path));

async function payload(directory = release): Promise<void> {
  await write(`${directory}/bin/server`, '#!/bin/sh\n');
}

async function signedRelease(): Promise<void> {
  await payload();
  expect((await themis('keygen')).exitCode).toBe(0);
  expect((await themis('build', release, '--package', 'themisdb', '--version', '1.5.0')).exitCode).toBe(0);
  expect((await themis('sign', release, ...keys)).exitCode).toBe(0);
}

describe('release index', () => {
  it('keeps a release withdrawn, warns of an unsigned one and goes unsigned only when told so', async () => {
    await signedRelease();
    await themis('index', 'releases', ...keys, '--yank', 'themisdb@1.5.0');
    await payload('releases/themisdb-1.6.0');
    await themis('build', 'releases/themisdb-1.6.0', '--package', 'themisdb', '--version', '1.6.0');
    const before = await read('releases/index.json');
    expect((await themis('index', 'releases')).error).toMatchObject({
      code: 'POLICY_REFUSED',
      hint: expect.stringContaining('--unsigned'),
    });
    expect(await read('releases/index.json')).toEqual(before);
    const ran = await themis('index', 'releases', '--unsigned');
    expect(ran.err).toContain('THM2021');
    expect(JSON.parse((await read('releases/index.json')).toString())).toMatchObject({
      entries: [{ version: '1.5.0', yanked: true }, { version: '1.6.0' }],
    });
    expect(await readdir(join(root, 'releases'))).not.toContain('index.json.p7s');
  });

  it('never goes back to a counter that nodes may have seen, unless told so', async () => {
    await signedRelease();
    await themis('index', 'releases', ...keys, '--counter', '7');
    const counter = async (): Promise<unknown> => JSON.parse((await read('releases/index.json')).toString());
    for (const lower of ['1', '7']) {
      const ran = await themis('index', 'releases', ...keys, '--counter', lower);
      expect(ran.error).toMatchObject({ code: 'POLICY_REFUSED', hint: expect.stringContaining('--lower-counter') });
    }
    expect(await counter()).toMatchObject({ counter: 7 });
    await themis('index', 'releases', ...keys);
    expect(await counter()).toMatchObject({ counter: 8 });
    await themis('index', 'releases', ...keys, '--counter', '2', '--lower-counter');
    expect(await counter()).toMatchObject({ counter: 2 });
  });

  it('lists no version that a node refuses which took a later build of a lower one', async () => {
    const built = async (version: string): Promise<number> => {
      await payload(`releases/themisdb-${version}`);
      const line = [
        'build',
        `releases/themisdb-${version}`,
        '--package',
        'themisdb',
        '--version',
        version,
        '-o',
        'json',
      ];
      return (JSON.parse((await themis(...line)).out) as { counter: number }).counter;
    };
    expect([await built('1.4.8'), await built('1.5.0'), await built('1.4.9')]).toEqual([1, 2, 3]);
    expect([await built('1.5.0'), await built('1.4.8')]).toEqual([2, 1]);
    const refused = await themis('index', 'releases');
    expect(refused).toMatchObject({ exitCode: 4, err: expect.stringContaining('THM2023') });
    expect(await readdir(join(root, 'releases'))).not.toContain('index.json');
    expect(await themis('index', 'releases', '--yank', 'themisdb@1.5.0')).toMatchObject({ exitCode: 0 });
    expect(await built('1.5.1')).toBe(4);
    expect(await themis('index', 'releases')).toMatchObject({ exitCode: 0 });
  });

  describe('over one that is not what was signed', () => {
    const index = 'releases/index.json';
    const edit = async (change: (text: string) => string): Promise<string> => {
      const edited = change((await read(index)).toString());
      await write(index, edited);
      return edited;
    };
    const withdrawn = async (): Promise<boolean> => (await read(index)).toString().includes('"yanked": true');
    const unyanked = (text: string): string => text.replace(/,\s*"yanked": true/u, '');
    beforeEach(async () => {
      await signedRelease();
      await themis('index', 'releases', ...keys, '--yank', 'themisdb@1.5.0');
    });

    it('signs nothing: a withdrawal that was edited away is not lost in silence', async () => {
      const edited = await edit(unyanked);
      const ran = await themis('index', 'releases', ...keys);
      expect(ran.error).toMatchObject({ code: 'SIGNATURE_INVALID', hint: expect.stringContaining('--trust-index') });
      await payload('releases/themisdb-1.6.0');
      await themis('build', 'releases/themisdb-1.6.0', '--package', 'themisdb', '--version', '1.6.0');
      expect((await themis('delete', '1.5.0', ...keys)).error).toMatchObject({ code: 'SIGNATURE_INVALID' });
      expect((await read(index)).toString()).toBe(edited);
      expect(await themis('index', 'releases', ...keys, '--trust-index')).toMatchObject({ exitCode: 0 });
    });

    it('signs nothing over a signature that was removed, or is of a stranger', async () => {
      await edit(unyanked);
      await rm(join(root, `${index}.p7s`));
      expect((await themis('index', 'releases', ...keys)).error).toMatchObject({ reason: 'INDEX_UNSIGNED' });
      await themis('keygen', 'others');
      const others = keys.map((word) => word.replace('keys/', 'others/'));
      expect(await themis('index', 'releases', ...others, '--trust-index')).toMatchObject({ exitCode: 0 });
      expect((await themis('index', 'releases', ...keys)).error).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
      const anchors = ['--anchors', 'keys/anchors.json'];
      expect((await themis('index', 'releases', ...keys, ...anchors)).error).toMatchObject({
        code: 'SIGNER_UNTRUSTED',
      });
    });

    it('goes on where the anchors vouch for another signer', async () => {
      await themis('keygen', 'others');
      const others = keys.map((word) => word.replace('keys/', 'others/'));
      expect((await themis('index', 'releases', ...others)).error).toMatchObject({ code: 'SIGNER_UNTRUSTED' });
      const ran = await themis('index', 'releases', ...others, '--anchors', 'keys/anchors.json');
      expect([ran.exitCode, await withdrawn()]).toEqual([0, true]);
    });

    it('writes nothing that it could not read again', async () => {
      const last = await edit((text) => text.replace('"counter": 1', '"counter": 9007199254740991'));
      expect((await themis('index', 'releases', ...keys, '--trust-index')).error?.code).toBe('INDEX_INVALID');
      expect((await read(index)).toString()).toBe(last);
      await write(index, '{}');
      expect((await themis('index', 'releases', ...keys)).error).toMatchObject({
        code: 'INDEX_INVALID',
        hint: expect.stringContaining('--counter'),
      });
    });
  });

  it('is not written while a release is damaged', async () => {
    await signedRelease();
    await write(`${release}/release.json`, '{}');
    expect(await themis('index', 'releases')).toMatchObject({ exitCode: 4 });
    expect(await readdir(join(root, 'releases'))).not.toContain('index.json');
  });

  it('asks for the certificate that belongs to a key', async () => {
    await signedRelease();
    expect((await themis('index', 'releases', '--key', 'keys/signer.key.pem')).error?.code).toBe('USAGE');
  });
});
