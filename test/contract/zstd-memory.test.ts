import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { zstdDict } from '../../src/patch/zstd-dict.ts';

const mebibyte = 2 ** 20;
const baseBytes = 96 * mebibyte;
const targetBytes = 64 * mebibyte;
const directory = mkdtempSync(join(tmpdir(), 'themis-zstd-'));
const patchFile = join(directory, 'patch');

/** Blocks of 128 KiB of one byte each: a bomb, but for the size that it states. */
function zeros(): Uint8Array {
  const blocks = targetBytes / 2 ** 17;
  const patch = new Uint8Array(9 + blocks * 4);
  patch.set([0x28, 0xb5, 0x2f, 0xfd, 0xa0]);
  new DataView(patch.buffer).setUint32(5, targetBytes, true);
  for (let block = 0; block < blocks; block += 1) {
    const header = ((2 ** 17) << 3) | (1 << 1) | (block === blocks - 1 ? 1 : 0);
    patch.set([header & 255, (header >> 8) & 255, header >> 16, 0], 9 + block * 4);
  }
  return patch;
}

function mostBytes(how: 'read' | 'keep' | 'free'): number {
  const script = fileURLToPath(new URL('../support/patch/apply-process.ts', import.meta.url));
  const argv = [script, how, String(baseBytes), patchFile, String(targetBytes)];
  const ran = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  const { made, mostKiB } = JSON.parse(ran.stdout) as { made: number; mostKiB: number };
  expect(made).toBe(how === 'read' ? 0 : targetBytes);
  return mostKiB * 1024;
}

afterAll(() => {
  rmSync(directory, { recursive: true });
});

test('applying takes no more than the limits say, and a base less where it may be freed', () => {
  writeFileSync(patchFile, zeros());
  const read = mostBytes('read');
  const kept = mostBytes('keep') - read;
  const freed = mostBytes('free') - read;
  expect(kept).toBeLessThan(zstdDict.limits.applyBytes({ baseBytes, targetBytes }));
  expect(freed).toBeLessThan(zstdDict.limits.applyBytes({ baseBytes, targetBytes, mayFreeBase: true }));
  expect(kept - freed).toBeGreaterThan(targetBytes / 2);
});

describe('a base', () => {
  const patch = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 9, 0, 0, 7);
  const apply = async (base: Uint8Array, mayFreeBase: boolean): Promise<Uint8Array[]> =>
    await Array.fromAsync(zstdDict.apply(base, patch, { targetBytes: 1, mayFreeBase }));

  test.each<[string, Uint8Array, boolean, boolean]>([
    ['that may be is freed', new Uint8Array(2 * mebibyte), true, true],
    ['is kept', new Uint8Array(2 * mebibyte), false, false],
    ['of few bytes is kept, for its buffer is often that of others', Buffer.from('base'), true, false],
    ['that is a part of a buffer is kept', new Uint8Array(4 * mebibyte).subarray(mebibyte), true, false],
    ['that threads share is kept', new Uint8Array(new SharedArrayBuffer(2 * mebibyte)), true, false],
  ])('%s', async (_, base, mayFree, isFreed) => {
    const size = base.length;
    expect(await apply(base, mayFree)).toEqual([Buffer.of(7)]);
    expect(base.length).toBe(isFreed ? 0 : size);
  });
});
