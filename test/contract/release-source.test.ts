import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openDirectorySource } from '../../src/adapters/release-source/directory.ts';
import { openMemorySource } from '../../src/adapters/release-source/memory.ts';
import type { ChangedFile, ReleaseSource } from '../../src/ports/release-source.ts';
import { startFaultServer } from '../support/fault-server.ts';
import { startGithubServer } from '../support/github-server.ts';
import { hasNginx, startNginx } from '../support/live/nginx-server.ts';
import { assetsOf, codeOf, collect, githubSource, httpSource, textOf } from '../support/release-sources.ts';

type Entries = Record<string, string | { link: string }>;

interface Kind {
  readonly open: (entries: Entries) => Promise<ReleaseSource>;
  /** It lists, and sees links and directories for what they are. Servers hide all three. */
  readonly lists: boolean;
}

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Servers are not believed what tags they give in the very second of a change. */
const longAgo = new Date('2026-01-01T00:00:00Z');

async function directoryOf(entries: Entries): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'themis-source-'));
  undo.push(() => rm(root, { recursive: true }));
  for (const [path, content] of Object.entries(entries)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await (typeof content === 'string'
      ? writeFile(join(root, path), content).then(() => utimes(join(root, path), longAgo, longAgo))
      : symlink(content.link, join(root, path)));
  }
  return root;
}

function bytesOf(entries: Entries, prefix = ''): Map<string, Uint8Array> {
  return new Map(
    Object.entries(entries).flatMap(([path, content]) =>
      typeof content === 'string' ? [[prefix + path, Buffer.from(content)] as const] : [],
    ),
  );
}

function validatorOf(read: ChangedFile): string | null {
  return read.kind === 'changed' ? read.validator : null;
}

const kinds: Record<string, Kind> = {
  directory: { lists: true, open: async (entries) => openDirectorySource(await directoryOf(entries)) },
  memory: {
    lists: true,
    async open(entries) {
      const links = Object.entries(entries).flatMap(([path, content]) =>
        typeof content === 'string' ? [] : [[path, content] as const],
      );
      return openMemorySource(new Map<string, Uint8Array | { link: string }>([...bytesOf(entries), ...links]));
    },
  },
  'server of this test': {
    lists: false,
    async open(entries) {
      const server = await startFaultServer({ files: bytesOf(entries, 'some/where/') });
      undo.push(() => server.close());
      return httpSource(`${server.url}/some/where`);
    },
  },
  GitHub: {
    lists: false,
    async open(entries) {
      const server = await startGithubServer({ releases: assetsOf(bytesOf(entries)) });
      undo.push(() => server.close());
      return githubSource(server);
    },
  },
  'private repository of GitHub': {
    lists: false,
    async open(entries) {
      const server = await startGithubServer({ releases: assetsOf(bytesOf(entries)), token: 't0ken', embedded: 1 });
      undo.push(() => server.close());
      return githubSource(server, { token: async () => 't0ken' });
    },
  },
  ...(hasNginx && {
    nginx: {
      lists: false,
      async open(entries) {
        const server = await startNginx(await directoryOf(entries));
        undo.push(() => server.stop());
        return httpSource(server.url);
      },
    } satisfies Kind,
  }),
};

const index = JSON.stringify({
  formatVersion: '1.0',
  product: 'p',
  generatedAt: '2026-01-01T00:00:00Z',
  expiresAt: '2026-02-01T00:00:00Z',
  entries: [],
  deltas: [],
});

describe.each(Object.entries(kinds))('a %s as release source', (_, { open, lists }) => {
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
    const over = await source.openFile('r/big', { limitBytes: 10, offset: 4, validator: '"another"' });
    expect(over.offset).toBe(0);
    expect(await textOf(over)).toBe('0123456789');
    const blind = await source.openFile('r/big', { limitBytes: 10, offset: 4 });
    expect(blind.offset).toBe(0);
    expect(await textOf(blind)).toBe('0123456789');
    const nothing = await source.openFile('r/big', { limitBytes: 10, offset: 10, validator });
    expect(nothing).toMatchObject({ offset: 10, sizeBytes: 10 });
    expect(await textOf(nothing)).toBe('');
  });

  it('gives a small file only where it is not what is known', async () => {
    const source = await open({ 'index.json': '{}' });
    const first = await source.readChanged('index.json', 10, null);
    expect(first).toMatchObject({ kind: 'changed' });
    expect(await source.readChanged('index.json', 10, validatorOf(first))).toEqual({ kind: 'unchanged' });
    const again = await source.readChanged('index.json', 10, '"another"');
    expect(again).toMatchObject({ kind: 'changed', bytes: Buffer.from('{}') });
    expect(await source.readChanged('index.json', 10, validatorOf(again))).toEqual({ kind: 'unchanged' });
  });

  it('holds nothing for a payload that is opened and never read', async () => {
    const source = await open({ 'r/big': 'x'.repeat(1000) });
    for (let count = 0; count < 100; count += 1) await source.openFile('r/big', { limitBytes: 1000 });
    expect(await collect(source, 'r/big', 1000)).toHaveLength(1000);
  });

  it('stops when it is told to', async () => {
    const source = await open({ 'r/big': 'x'.repeat(1000) });
    const stop = new AbortController();
    const opened = await source.openFile('r/big', { limitBytes: 1000, signal: stop.signal });
    stop.abort();
    expect(await codeOf(textOf(opened))).toBe('CANCELLED');
  });

  it('finds files whatever their names are', async () => {
    const names = ['a b/c#d', 'a%2Fb', '50%', 'ümlaut/ß', '[x](y)', 'q?x=1&y', "it's", 'a+b~c'];
    const source = await open(Object.fromEntries(names.map((name) => [name, name])));
    for (const name of names) expect(await collect(source, name, 100)).toBe(name);
  });

  it.each(lists ? ['lists'] : [])('%s files below a directory, sorted, with their kind', async () => {
    const source = await open({ 'r/b/c': '', 'r/a': '', 'r/z': { link: 'a' }, other: '' });
    expect(await source.listFiles('r')).toEqual([
      { path: 'a', kind: 'file' },
      { path: 'b/c', kind: 'file' },
      { path: 'z', kind: 'symlink' },
    ]);
    expect((await source.listFiles(''))?.map(({ path }) => path)).toEqual(['other', 'r/a', 'r/b/c', 'r/z']);
    expect(await codeOf(source.listFiles('nowhere'))).toBe('NOT_FOUND');
    expect(await codeOf(source.readFile('r', 10))).toBe('IO');
  });

  it.each(lists ? [] : ['says'])('%s that it cannot list', async () => {
    expect(await (await open({ 'r/a': '' })).listFiles('r')).toBeNull();
  });

  it.each(['../x', '/etc/passwd', 'a/../../x', 'a\\b', '', 'a/\ud800'])('refuses the path %j', async (path) => {
    const source = await open({ x: '' });
    expect(await codeOf(source.readFile(path, 10))).toBe('UNSAFE_PATH');
    expect(await codeOf(source.readChanged(path, 10, null))).toBe('UNSAFE_PATH');
    expect(await codeOf(collect(source, path, 10))).toBe('UNSAFE_PATH');
    if (path !== '') expect(await codeOf(source.listFiles(path))).toBe('UNSAFE_PATH');
  });

  it.each(lists ? ['reads'] : [])('%s nothing through a link, wherever it points', async () => {
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

  it('says of what is absent that it is', async () => {
    const source = await open({ 'r/a': '' });
    expect(await codeOf(source.readFile('r/b', 10))).toBe('NOT_FOUND');
    expect(await codeOf(source.readChanged('r/b', 10, null))).toBe('NOT_FOUND');
    expect(await codeOf(source.openFile('r/b', { limitBytes: 1 }))).toBe('NOT_FOUND');
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
