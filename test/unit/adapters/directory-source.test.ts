import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDirectorySource } from '../../../src/adapters/release-source/directory.ts';
import { bytesOf, codeOf } from '../../support/release-sources.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'themis-directory-')));
  writeFileSync(join(root, 'file'), '0123456789');
});
afterEach(() => rmSync(root, { recursive: true }));

/** Files below the directory that this process holds open. */
function held(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(root) ? [target] : [];
    } catch {
      return [];
    }
  });
}

test.runIf(process.platform === 'linux')('a file is held open only while somebody reads it', async () => {
  const source = openDirectorySource(root);
  const opened = await source.openFile('file', { limitBytes: 10 });
  await source.readChanged('file', 10, 'another');
  expect(held()).toEqual([]);
  for await (const _ of opened.chunks) {
    expect(held()).toHaveLength(1);
    break;
  }
  expect(held()).toEqual([]);
  await codeOf(bytesOf(await source.openFile('file', { limitBytes: 5 })));
  expect(held()).toEqual([]);
});

test('a file that is replaced between opening and reading is not read as what was opened', async () => {
  const opened = await openDirectorySource(root).openFile('file', { limitBytes: 100 });
  writeFileSync(join(root, 'file'), 'something else');
  expect(await codeOf(bytesOf(opened))).toBe('IO');
});
