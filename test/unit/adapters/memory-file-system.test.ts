import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = async (files: MemoryFileSystem, path: string): Promise<string> =>
  new TextDecoder().decode(await files.readFile(path));

async function withDirectory(): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem();
  await files.makeDirectory('/d');
  await files.syncDirectory('');
  return files;
}

test('a name that was not synced is gone after a power cut, whatever its content', async () => {
  const files = await withDirectory();
  await files.writeFile('/d/a', bytes('a'), 0o644);
  await files.syncFile('/d/a');
  files.crash();
  expect(await files.readDirectory('/d')).toEqual([]);
});

test('content that was not synced is gone after a power cut, whatever its name', async () => {
  const files = await withDirectory();
  await files.writeFile('/d/a', bytes('a'), 0o644);
  await files.syncDirectory('/d');
  files.crash();
  expect(await read(files, '/d/a')).toBe('');
});

test('both synced survive, and later un-synced changes go back to that', async () => {
  const files = await withDirectory();
  await files.writeFile('/d/a', bytes('a'), 0o644);
  await files.syncFile('/d/a');
  await files.syncDirectory('/d');
  await files.writeFile('/d/a', bytes('b'), 0o600);
  await files.writeFile('/d/c', bytes('c'), 0o644);
  await files.rename('/d/c', '/d/a');
  files.crash();
  expect(await files.readDirectory('/d')).toEqual(['a']);
  expect(await read(files, '/d/a')).toBe('a');
  expect((await files.lstat('/d/a'))?.mode).toBe(0o644);
});

test('a removed file comes back, a durable append stays, a lock is free', async () => {
  const files = await withDirectory();
  await files.appendDurably('/d/log', bytes('one'));
  await files.syncDirectory('/d');
  await files.appendDurably('/d/log', bytes('two'));
  await files.removeFile('/d/log');
  await files.tryLock('/d/lock');
  files.crash();
  expect(await read(files, '/d/log')).toBe('onetwo');
  expect(await files.tryLock('/d/lock')).not.toBeNull();
});

test('a full disk takes what fits and says NO_SPACE', async () => {
  const files = await withDirectory();
  files.capacityBytes = 3;
  await expect(files.writeFile('/d/a', bytes('abcdef'), 0o644)).rejects.toMatchObject({ code: 'NO_SPACE' });
  expect(await read(files, '/d/a')).toBe('abc');
  expect((await files.freeSpace('/d')).freeBytes).toBe(0);
});
