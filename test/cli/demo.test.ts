/** `themis demo` where it must not begin, or begins beside what another run left or holds. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNodeFileSystem } from '../../src/adapters/file-system/node.ts';
import { runCommand } from '../support/run-command.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-demo-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a directory that holds something else is refused and left as it is', async () => {
  mkdirSync(join(directory, 'mine'));
  writeFileSync(join(directory, 'mine', 'file'), '');
  expect((await runCommand(directory, ['demo', 'mine'])).error?.code).toBe('USAGE');
  expect((await runCommand(directory, ['demo', 'mine/file'])).error?.code).toBe('USAGE');
  expect(readdirSync(join(directory, 'mine'))).toEqual(['file']);
});

test('a demo that is being made is not made a second time beside it', async () => {
  mkdirSync(join(directory, 'demo'));
  const lock = await createNodeFileSystem().tryLock(join(directory, 'demo', '.themis-demo.lock'));
  expect((await runCommand(directory, ['demo', 'demo'])).error?.code).toBe('ALREADY_IN_PROGRESS');
  expect(readdirSync(join(directory, 'demo')).filter((name) => !name.startsWith('.themis-demo.lock'))).toEqual([]);
  await lock?.release();
});

test('there is nothing to stop where no demo is', async () => {
  expect((await runCommand(directory, ['demo', 'nowhere', '--stop'])).error?.code).toBe('NOT_FOUND');
  expect((await runCommand(directory, ['demo', '.', '--stop'])).error?.code).toBe('NOT_FOUND');
});
