import { beforeEach, expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import { createMemoryManifestStore } from '../../../../src/adapters/manifest-store/memory.ts';
import { digestBytes } from '../../../../src/kernel/digest.ts';
import { findDownload, rememberDownload } from '../../../../src/release/store/cached-download.ts';
import { checkStoredFile } from '../../../../src/release/store/stored-file.ts';
import { storedRelease } from '../../../support/stored-releases.ts';

let files: MemoryFileSystem;
beforeEach(() => {
  files = new MemoryFileSystem();
});

const write = async (path: string, content: string): Promise<void> =>
  await files.writeFile(path, Buffer.from(content), 0o644);

test('the bytes of a registered file are held against its size and hash', async () => {
  const store = createMemoryManifestStore();
  const release = { ...storedRelease('1.5.0', {}, { server: 'bytes' }), directory: 'r' };
  await store.put(release);
  const [registered] = await store.holding('server');
  const state = async (): Promise<string> => await checkStoredFile(files, '/d', registered!);
  expect(await state()).toBe('missing');
  await files.makeDirectory('/d');
  await files.makeDirectory('/d/r');
  await write('/d/r/server', 'bytes');
  expect(await state()).toBe('intact');
  await write('/d/r/server', 'Bytes');
  expect(await state()).toBe('content differs');
  await write('/d/r/server', 'bytes and more');
  expect(await state()).toBe('size differs');
  await files.removeFile('/d/r/server');
  files.plantSymlink('/d/r/server', '/etc/passwd');
  expect(await state()).toBe('not a file');
});

test('a download is found by its content until it is gone or touched, and forgotten then', async () => {
  const { downloads } = createMemoryManifestStore();
  const digest = digestBytes('bytes');
  await write('/one', 'bytes');
  expect(await rememberDownload(files, downloads, '/one', 5)).toBe(digest);
  expect(await findDownload(files, downloads, digest)).toBe('/one');
  expect(await downloads.get(digest)).toMatchObject({ sizeBytes: 5, verifiedAtMs: 5 });
  await write('/one', 'bytes');
  expect(await findDownload(files, downloads, digest)).toBeNull();
  expect(await downloads.get(digest)).toBeNull();
  await rememberDownload(files, downloads, '/one', 6);
  await files.removeFile('/one');
  expect(await findDownload(files, downloads, digest)).toBeNull();
  expect(await downloads.get(digest)).toBeNull();
});
