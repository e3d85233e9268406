import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openDirectorySource } from '../../src/adapters/release-source/directory.ts';
import { openMemorySource } from '../../src/adapters/release-source/memory.ts';
import { ThemisError } from '../../src/kernel/error.ts';
import type { OpenedFile, ReleaseSource } from '../../src/ports/release-source.ts';

type Entries = Record<string, string | { link: string }>;
const made: string[] = [];

const sources: Record<string, (entries: Entries) => Promise<ReleaseSource>> = {
  async directory(entries) {
    const root = await mkdtemp(join(tmpdir(), 'themis-source-'));
    made.push(root);
    for (const [path, content] of Object.entries(entries)) {
      await mkdir(join(root, dirname(path)), { recursive: true });
      await (typeof content === 'string'
        ? writeFile(join(root, path), content)
        : symlink(content.link, join(root, path)));
    }
    return openDirectorySource(root);
  },
  async memory(entries) {
    return openMemorySource(
      new Map(
        Object.entries(entries).map(([path, content]) => [
          path,
          typeof content === 'string' ? Buffer.from(content) : content,
        ]),
      ),
    );
  },
};

afterEach(async () => {
  for (const root of made.splice(0)) await rm(root, { recursive: true });
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'ok',
    (error: unknown) => (error instanceof ThemisError ? error.code : String(error)),
  );
}

async function textOf({ chunks }: OpenedFile): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

async function collect(source: ReleaseSource, path: string, limitBytes: number): Promise<string> {
  return textOf(await source.openFile(path, { limitBytes }));
}

const index = JSON.stringify({
  formatVersion: '1.0',
  product: 'p',
  generatedAt: '2026-01-01T00:00:00Z',
  expiresAt: '2026-02-01T00:00:00Z',
  entries: [],
  deltas: [],
});

describe.each(Object.entries(sources))('a %s as release source', (_, open) => {
  it('reads small files whole, up to a limit', async () => {
    const source = await open({ 'r/release.json': '0123456789' });
    expect(Buffer.from(await source.readFile('r/release.json', 10)).toString()).toBe('0123456789');
    expect(await codeOf(source.readFile('r/release.json', 9))).toBe('IO');
  });

  it('reads payloads in chunks and never hands out more than the limit', async () => {
    const source = await open({ 'r/big': 'x'.repeat(1000), 'r/empty': '' });
    expect(await collect(source, 'r/big', 1000)).toHaveLength(1000);
    expect(await collect(source, 'r/empty', 0)).toBe('');
    let bytes = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of (await source.openFile('r/big', { limitBytes: 100 })).chunks) bytes += chunk.length;
    };
    expect(await codeOf(read())).toBe('IO');
    expect(bytes).toBe(100);
  });

  it('goes on where a transfer was cut off, and starts over where the content is another', async () => {
    const source = await open({ 'r/big': '0123456789' });
    const first = await source.openFile('r/big', { limitBytes: 10 });
    expect(first).toMatchObject({ offset: 0, sizeBytes: 10 });
    expect(await textOf(first)).toBe('0123456789');
    const validator = first.validator!;
    const rest = await source.openFile('r/big', { limitBytes: 10, offset: 4, validator });
    expect(rest.offset).toBe(4);
    expect(await textOf(rest)).toBe('456789');
    const over = await source.openFile('r/big', { limitBytes: 10, offset: 4, validator: 'another' });
    expect(over.offset).toBe(0);
    expect(await textOf(over)).toBe('0123456789');
  });

  it('gives a small file only where it is not what is known', async () => {
    const source = await open({ 'index.json': '{}' });
    const first = await source.readChanged('index.json', 10, null);
    expect(first).toMatchObject({ kind: 'changed' });
    const validator = first.kind === 'changed' ? first.validator : null;
    expect(await source.readChanged('index.json', 10, validator)).toEqual({ kind: 'unchanged' });
    expect(await source.readChanged('index.json', 10, 'another')).toMatchObject({ kind: 'changed', validator });
  });

  it('lists files below a directory, sorted, with their kind', async () => {
    const source = await open({ 'r/b/c': '', 'r/a': '', 'r/z': { link: 'a' }, other: '' });
    expect(await source.listFiles('r')).toEqual([
      { path: 'a', kind: 'file' },
      { path: 'b/c', kind: 'file' },
      { path: 'z', kind: 'symlink' },
    ]);
    expect((await source.listFiles(''))?.map(({ path }) => path)).toEqual(['other', 'r/a', 'r/b/c', 'r/z']);
  });

  it.each(['../x', '/etc/passwd', 'a/../../x', 'a\\b', ''])('refuses the path %j', async (path) => {
    const source = await open({ x: '' });
    expect(await codeOf(source.readFile(path, 10))).toBe('UNSAFE_PATH');
    expect(await codeOf(collect(source, path, 10))).toBe('UNSAFE_PATH');
  });

  it('reads nothing through a link, wherever it points', async () => {
    const source = await open({
      'r/real/file': 'x',
      'r/link': { link: 'real/file' },
      'r/dir': { link: 'real' },
      'r/out': { link: '/etc' },
    });
    expect(await codeOf(source.readFile('r/link', 10))).toBe('SYMLINK_REFUSED');
    expect(await codeOf(source.readFile('r/dir/file', 10))).toBe('SYMLINK_REFUSED');
    expect(await codeOf(collect(source, 'r/out/hostname', 1000))).toBe('SYMLINK_REFUSED');
  });

  it('tells what is absent from what is no file', async () => {
    const source = await open({ 'r/a': '' });
    expect(await codeOf(source.readFile('r/b', 10))).toBe('NOT_FOUND');
    expect(await codeOf(source.listFiles('nowhere'))).toBe('NOT_FOUND');
    expect(await codeOf(source.readFile('r', 10))).toBe('IO');
  });

  it('reads the index with its bytes and its signature, if there is one', async () => {
    const unsigned = await (await open({ 'index.json': index })).readIndex();
    expect(unsigned).toMatchObject({ index: { product: 'p' }, signature: null });
    expect(Buffer.from(unsigned.bytes).toString()).toBe(index);
    const signed = await (await open({ 'index.json': index, 'index.json.p7s': 'x' })).readIndex();
    expect(Buffer.from(signed.signature!).toString()).toBe('x');
    expect(await codeOf((await open({})).readIndex())).toBe('NOT_FOUND');
    expect(await codeOf((await open({ 'index.json': '{}' })).readIndex())).toBe('INDEX_INVALID');
    expect(await codeOf((await open({ 'index.json': index.replace('"1.0"', '"2.0"') })).readIndex())).toBe(
      'UNSUPPORTED_FORMAT',
    );
  });
});
