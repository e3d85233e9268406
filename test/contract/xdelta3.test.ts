import { describe, expect, test } from 'vitest';
import { vcdiff } from '../../src/patch/vcdiff.ts';
import { xdelta3 } from '../../src/patch/xdelta3.ts';
import { applyPatch } from '../support/patch/apply-patch.ts';
import { edited, kindsOfFiles, programBytes } from '../support/patch/kinds-of-files.ts';
import { applyWithXdelta3, hasXdelta3, makeWithXdelta3 } from '../support/patch/xdelta3-program.ts';

const kinds = kindsOfFiles();

/** What it is told, and the kinds of files that this makes a difference for. */
const usual = [[], ['-S', 'none'], ['-S', 'djw'], ['-W', '16384']] as const;
const unusual = [
  ['-S', 'lzma'],
  ['-9'],
  ['-1'],
  ['-9', '-S', 'djw'],
  ['-n'],
  ['-A'],
  ['-A=a name of our own'],
  ['-W', '16777216', '-S', 'djw'],
] as const;
const few = kinds.filter(({ name }) => ['an edited program', 'few values', 'tiny files'].includes(name));

describe.skipIf(!hasXdelta3)("Debian's xdelta3", () => {
  test.each([
    ...usual.map((options) => [options.join(' ') || 'told nothing', options, kinds] as const),
    ...unusual.map((options) => [options.join(' '), options, few] as const),
  ])('makes patches that are applied: %s', async (_, options, pairs) => {
    for (const { name, base, target } of pairs) {
      const patch = makeWithXdelta3(options, base, target);
      const made = await applyPatch(xdelta3, base, patch, target.length);
      expect(Buffer.compare(made, target), name).toBe(0);
    }
  });

  test('makes plain patches that any reader of VCDIFF applies, but for its header', async () => {
    for (const { name, base, target } of kinds) {
      const patch = makeWithXdelta3(['-A', '-S', 'none'], base, target);
      expect(Buffer.compare(await applyPatch(vcdiff, base, patch, target.length), target), name).toBe(0);
    }
  });

  test.each([vcdiff, xdelta3])('applies the patches that $id makes', async (algorithm) => {
    for (const { name, base, target } of kinds) {
      const patch = await algorithm.make(base, target, {});
      expect(Buffer.compare(applyWithXdelta3(base, patch), target), name).toBe(0);
    }
  });

  test('is refused by name where it uses FGK', async () => {
    const { base, target } = kinds[0]!;
    const patch = makeWithXdelta3(['-S', 'fgk'], base, target);
    await expect(applyPatch(xdelta3, base, patch, target.length)).rejects.toMatchObject({
      code: 'PATCH_INVALID',
      reason: 'SECONDARY_UNSUPPORTED',
      message: expect.stringContaining('FGK'),
    });
  });

  test('and XDELTA3 read each other over several windows', async () => {
    const base = programBytes(9_000_000);
    const target = edited(base, 77);
    for (const options of [[], ['-S', 'djw'], ['-W', '1048576']]) {
      const patch = makeWithXdelta3(['-1', ...options], base, target);
      expect(Buffer.compare(await applyPatch(xdelta3, base, patch, target.length), target)).toBe(0);
    }
    const patch = await xdelta3.make(base.subarray(0, 4_500_000), target.subarray(0, 4_500_000), {});
    const made = applyWithXdelta3(base.subarray(0, 4_500_000), patch);
    expect(Buffer.compare(made, target.subarray(0, 4_500_000))).toBe(0);
  });

  test('makes no smaller patches than ours, plain and packed', async () => {
    const base = programBytes(1_000_000);
    const target = edited(base, 3);
    const plain = await vcdiff.make(base, target, {});
    const packed = await xdelta3.make(base, target, {});
    expect(plain.length).toBeLessThanOrEqual(makeWithXdelta3(['-9', '-S', 'none'], base, target).length);
    expect(packed.length).toBeLessThanOrEqual(makeWithXdelta3(['-9'], base, target).length);
  });
});
