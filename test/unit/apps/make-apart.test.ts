/** A patch made by a process of its own is the same, and that process does not outlive who wants the patch. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeApart } from '../../../src/apps/worker/tasks/make-apart.ts';
import { patchAlgorithm } from '../../../src/patch/index.ts';

/** Bytes without a pattern. */
function noise(bytes: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: bytes }, () => (state = (state * 48_271) % 2_147_483_647) & 255);
}

/** As generation hands files to its workers. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

test('the bytes are those that are made here', async () => {
  const base = noise(300_000);
  const target = Uint8Array.from([...base.subarray(100_000), ...base.subarray(0, 150_000)]);
  const input = { algorithm: 'ZSTD_DICT', base: shared(base), target: shared(target) } as const;
  const patch = await makeApart(input);
  expect(Buffer.compare(patch, await patchAlgorithm('ZSTD_DICT').make(base, target, {}))).toBe(0);
});

test('it says so when the process dies', async () => {
  const input = { algorithm: 'XZ' as 'ZSTD_DICT', base: noise(10), target: noise(10) };
  await expect(makeApart(input)).rejects.toMatchObject({ code: 'BUG' });
});

test('the process ends in the middle of a call when its stdin ends', async () => {
  const program = fileURLToPath(new URL('../../../src/apps/worker/patch-process.ts', import.meta.url));
  const base = noise(6_000_000);
  const argv = [program, 'ZSTD_DICT', String(base.length), String(base.length)];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'ignore'] });
  let out = 0;
  child.stdout.on('data', (chunk: Uint8Array) => (out += chunk.length));
  child.stdin.write(base);
  child.stdin.end(base);
  const ended = await new Promise<unknown>((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  expect([ended, out]).toEqual(['SIGKILL', 0]);
});
