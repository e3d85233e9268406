import { link, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import { createNodeFileSystem } from '../../src/adapters/file-system/node.ts';
import { digestBytes } from '../../src/kernel/digest.ts';
import type { FileSystem } from '../../src/ports/file-system.ts';

interface Subject {
  readonly files: FileSystem;
  readonly root: string;
  plantSymlink(at: string, target: string): Promise<void>;
  plantHardLink(at: string, existing: string): Promise<void>;
  dispose(): Promise<void>;
}

const subjects: Record<string, () => Promise<Subject>> = {
  async node() {
    const root = await realpath(await mkdtemp(path.join(tmpdir(), 'themis-files-')));
    return {
      files: createNodeFileSystem(),
      root,
      plantSymlink: (at, target) => symlink(target, at),
      plantHardLink: (at, existing) => link(existing, at),
      dispose: () => rm(root, { recursive: true, force: true }),
    };
  },
  async memory() {
    const files = new MemoryFileSystem();
    await files.makeDirectory('/root');
    return {
      files,
      root: '/root',
      plantSymlink: async (at, target) => files.plantSymlink(at, target),
      plantHardLink: async (at, existing) => files.plantHardLink(at, existing),
      dispose: async () => {},
    };
  },
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array): string => new TextDecoder().decode(content);
const code = (error: string) => expect.objectContaining({ code: error }) as unknown;

describe.each(Object.keys(subjects))('file system: %s', (name) => {
  let subject: Subject;
  let files: FileSystem;
  let at: (path: string) => string;
  beforeEach(async () => {
    subject = await subjects[name]!();
    files = subject.files;
    at = (file) => `${subject.root}/${file}`;
  });
  afterEach(() => subject.dispose());

  test('what is not there has no stat, and reading it is NOT_FOUND', async () => {
    expect(await files.lstat(at('no'))).toBeNull();
    expect(await files.lstat(at('no/deeper'))).toBeNull();
    await expect(files.readFile(at('no'))).rejects.toEqual(code('NOT_FOUND'));
    await expect(files.digestFile(at('no'))).rejects.toEqual(code('NOT_FOUND'));
    await expect(files.readDirectory(at('no'))).rejects.toEqual(code('NOT_FOUND'));
  });

  test('a written file has its bytes, its digest and exactly its mode', async () => {
    await files.writeFile(at('a'), bytes('first, and longer'), 0o600);
    await files.writeFile(at('a'), bytes('hello'), 0o755);
    expect(text(await files.readFile(at('a')))).toBe('hello');
    expect(await files.digestFile(at('a'))).toEqual({ digest: digestBytes('hello'), sizeBytes: 5 });
    expect(await files.lstat(at('a'))).toMatchObject({ kind: 'file', sizeBytes: 5, mode: 0o755 });
  });

  test('a stream is written with its digest, and cut off beyond its limit', async () => {
    async function* chunks() {
      yield bytes('ab');
      yield bytes('cd');
    }
    const written = await files.writeStream(at('a'), chunks(), 0o640, 4);
    expect(written).toEqual({ digest: digestBytes('abcd'), sizeBytes: 4 });
    expect((await files.lstat(at('a')))?.mode).toBe(0o640);
    await expect(files.writeStream(at('b'), chunks(), 0o640, 3)).rejects.toEqual(code('IO'));
  });

  test('names come sorted; directories are made one level at a time', async () => {
    await files.makeDirectory(at('d'));
    await files.makeDirectory(at('d'));
    for (const file of ['d/b', 'd/B', 'd/a']) await files.writeFile(at(file), bytes(''), 0o644);
    expect(await files.readDirectory(at('d'))).toEqual(['B', 'a', 'b']);
    await expect(files.makeDirectory(at('x/y'))).rejects.toEqual(code('NOT_FOUND'));
    await expect(files.makeDirectory(at('d/a'))).rejects.toEqual(code('IO'));
  });

  test('a file grows from what is kept of it, and is sealed with its mode', async () => {
    const first = await files.openGrowing(at('a'), 0);
    await first.write([bytes('one '), bytes('two '), bytes('thr')]);
    await first.sync();
    await first.close();
    await first.close();
    expect(await files.lstat(at('a'))).toMatchObject({ sizeBytes: 11, mode: 0o600 });
    const second = await files.openGrowing(at('a'), 8);
    await second.write([bytes('3')]);
    await second.write([]);
    await second.seal(0o400);
    await (await files.openGrowing(at('a'), 9)).seal(0o400);
    expect(text(await files.readFile(at('a')))).toBe('one two 3');
    expect((await files.lstat(at('a')))?.mode).toBe(0o400);
  });

  test('a file that grows from nothing takes the place of a link and of a second name, and of no directory', async () => {
    await files.writeFile(at('a'), bytes('mine'), 0o644);
    await subject.plantSymlink(at('link'), at('a'));
    await subject.plantHardLink(at('other'), at('a'));
    expect((await files.lstat(at('a')))?.links).toBe(2);
    await expect(files.openGrowing(at('other'), 2)).rejects.toEqual(code('IO'));
    for (const name of ['link', 'other']) {
      const file = await files.openGrowing(at(name), 0);
      await file.write([bytes('new')]);
      await file.close();
      expect(await files.lstat(at(name))).toMatchObject({ kind: 'file', sizeBytes: 3, mode: 0o600, links: 1 });
    }
    expect(text(await files.readFile(at('a')))).toBe('mine');
    expect(await files.lstat(at('a'))).toMatchObject({ mode: 0o644, links: 1 });
    await files.makeDirectory(at('d'));
    await expect(files.openGrowing(at('d'), 0)).rejects.toEqual(code('IO'));
    await expect(files.openGrowing(at('no'), 2)).rejects.toEqual(code('NOT_FOUND'));
  });

  test('a file grows by more pieces than one call writes', async () => {
    const pieces = Array.from({ length: 3000 }, (_, index) => bytes(`${index},`));
    const file = await files.openGrowing(at('a'), 0);
    await file.write(pieces);
    await file.seal(0o600);
    expect(text(await files.readFile(at('a')))).toBe(pieces.map(text).join(''));
  });

  test('chunks of a file are its beginning, up to a limit', async () => {
    await files.writeFile(at('a'), bytes('0123456789'), 0o600);
    const read = async (limitBytes: number): Promise<string> => {
      let all = '';
      for await (const chunk of files.readChunks(at('a'), limitBytes)) all += text(chunk);
      return all;
    };
    expect(await read(4)).toBe('0123');
    expect(await read(0)).toBe('');
    expect(await read(99)).toBe('0123456789');
    await expect(files.readChunks(at('no'), 1)[Symbol.asyncIterator]().next()).rejects.toEqual(code('NOT_FOUND'));
  });

  test('appending makes the file and adds to its end; cutting takes from it', async () => {
    await files.appendDurably(at('log'), bytes('one\n'));
    await files.appendDurably(at('log'), bytes('two\n'));
    await files.truncateFile(at('log'), 6);
    expect(text(await files.readFile(at('log')))).toBe('one\ntw');
  });

  test('a hashed copy has the bytes, the mode and the digest of what was read, and never replaces a file', async () => {
    await files.writeFile(at('a'), bytes('content'), 0o600);
    expect(await files.copyHashed(at('a'), at('b'), 0o555)).toEqual({ digest: digestBytes('content'), sizeBytes: 7 });
    expect(text(await files.readFile(at('b')))).toBe('content');
    expect((await files.lstat(at('b')))?.mode).toBe(0o555);
    await expect(files.copyHashed(at('a'), at('b'), 0o600)).rejects.toEqual(code('IO'));
    await expect(files.copyHashed(at('no'), at('c'), 0o600)).rejects.toEqual(code('NOT_FOUND'));
    await expect(files.copyHashed(subject.root, at('d'), 0o600)).rejects.toEqual(code('IO'));
  });

  test('a copy is a file of its own with the mode asked for, never over another', async () => {
    await files.writeFile(at('a'), bytes('hello'), 0o600);
    await files.copyFile(at('a'), at('b'), 0o555);
    await files.writeFile(at('a'), bytes('other'), 0o600);
    expect(text(await files.readFile(at('b')))).toBe('hello');
    expect((await files.lstat(at('b')))?.mode).toBe(0o555);
    await expect(files.copyFile(at('a'), at('b'), 0o600)).rejects.toEqual(code('IO'));
    await expect(files.copyFile(at('no'), at('c'), 0o600)).rejects.toEqual(code('NOT_FOUND'));
  });

  test('rename replaces a file, takes directories along, and refuses to replace a full one', async () => {
    await files.writeFile(at('a'), bytes('new'), 0o600);
    await files.writeFile(at('b'), bytes('old'), 0o600);
    await files.rename(at('a'), at('b'));
    expect(text(await files.readFile(at('b')))).toBe('new');
    expect(await files.lstat(at('a'))).toBeNull();
    await files.makeDirectory(at('d'));
    await files.writeFile(at('d/x'), bytes('x'), 0o600);
    await files.rename(at('d'), at('e'));
    expect(text(await files.readFile(at('e/x')))).toBe('x');
    await expect(files.rename(at('b'), at('e'))).rejects.toEqual(code('IO'));
    await expect(files.rename(at('no'), at('z'))).rejects.toEqual(code('NOT_FOUND'));
  });

  test('a changed file does not look as before', async () => {
    await files.writeFile(at('a'), bytes('hello'), 0o600);
    const before = await files.lstat(at('a'));
    await files.writeFile(at('fresh'), bytes('HELLO'), 0o600);
    await files.rename(at('fresh'), at('a'));
    expect(await files.lstat(at('a'))).not.toEqual(before);
  });

  test('removing is idempotent, and a directory goes only when it is empty, or as a tree', async () => {
    await files.makeDirectory(at('d'));
    await files.writeFile(at('d/x'), bytes('x'), 0o600);
    expect(await files.removeEmptyDirectory(at('d'))).toBe(false);
    await files.removeFile(at('d/x'));
    await files.removeFile(at('d/x'));
    expect(await files.removeEmptyDirectory(at('d'))).toBe(true);
    expect(await files.removeEmptyDirectory(at('d'))).toBe(false);
    await files.makeDirectory(at('t'));
    await files.writeFile(at('t/x'), bytes('x'), 0o600);
    await files.removeTree(at('t'));
    await files.removeTree(at('t'));
    expect(await files.lstat(at('t'))).toBeNull();
  });

  test('modes change, of files and of directories', async () => {
    await files.writeFile(at('a'), bytes(''), 0o600);
    await files.setMode(at('a'), 0o751);
    await files.makeDirectory(at('d'));
    await files.setMode(at('d'), 0o700);
    expect((await files.lstat(at('a')))?.mode).toBe(0o751);
    expect(await files.lstat(at('d'))).toMatchObject({ kind: 'directory', mode: 0o700 });
  });

  test('a symbolic link is never followed: not read, not written, not copied, not changed', async () => {
    await files.writeFile(at('target'), bytes('secret'), 0o600);
    await subject.plantSymlink(at('link'), at('target'));
    expect((await files.lstat(at('link')))?.kind).toBe('symlink');
    expect(await files.readLink(at('link'))).toBe(at('target'));
    await expect(files.readFile(at('link'))).rejects.toEqual(code('IO'));
    await expect(files.digestFile(at('link'))).rejects.toEqual(code('IO'));
    await expect(files.writeFile(at('link'), bytes('x'), 0o600)).rejects.toEqual(code('IO'));
    await expect(files.appendDurably(at('link'), bytes('x'))).rejects.toEqual(code('IO'));
    await expect(files.openGrowing(at('link'), 1)).rejects.toEqual(code('IO'));
    await expect(files.readChunks(at('link'), 1)[Symbol.asyncIterator]().next()).rejects.toEqual(code('IO'));
    await expect(files.copyHashed(at('link'), at('copy'), 0o600)).rejects.toEqual(code('IO'));
    await expect(files.copyFile(at('link'), at('copy'), 0o600)).rejects.toEqual(code('IO'));
    await expect(files.setMode(at('link'), 0o777)).rejects.toEqual(code('IO'));
    expect(text(await files.readFile(at('target')))).toBe('secret');
    await files.removeFile(at('link'));
    expect(text(await files.readFile(at('target')))).toBe('secret');
  });

  test('syncing works on what is there', async () => {
    await files.writeFile(at('a'), bytes('a'), 0o400);
    await files.syncFile(at('a'));
    await files.syncDirectory(subject.root);
    await expect(files.syncFile(at('no'))).rejects.toEqual(code('NOT_FOUND'));
    await expect(files.syncDirectory(at('no'))).rejects.toEqual(code('NOT_FOUND'));
  });

  test('free space is a share of the whole', async () => {
    const { freeBytes, totalBytes } = await files.freeSpace(subject.root);
    expect(freeBytes).toBeGreaterThan(0);
    expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
  });

  test('a lock is held by one at a time and leaves an empty file behind', async () => {
    const lock = await files.tryLock(at('lock'));
    expect(await files.tryLock(at('lock'))).toBeNull();
    await lock?.release();
    const again = await files.tryLock(at('lock'));
    expect(again).not.toBeNull();
    await again?.release();
    expect(await files.readDirectory(subject.root)).toEqual(['lock']);
    expect((await files.lstat(at('lock')))?.sizeBytes).toBe(0);
  });
});
