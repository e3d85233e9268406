/** Programs of Windows: their headers are read to make the patch smaller, and decide nothing else. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { refmix } from '../../../src/patch/refmix.ts';
import { readPe } from '../../../src/patch/refmix/make/pe.ts';
import { judgePatch } from '../../support/patch/apply-patch.ts';
import { mutatedPatches } from '../../support/patch/mutated-patches.ts';
import { peProgram } from '../../support/patch/pe-program.ts';
import { runs } from '../../support/runs.ts';

const [base, target] = [peProgram(false), peProgram(true)];

function withoutHeaders(program: Uint8Array): Uint8Array {
  const other = Uint8Array.from(program);
  other.set([0, 0]);
  return other;
}

it('finds sections, what is zero behind them, and where the file is loaded', () => {
  const image = readPe(base)!;
  expect(image).toMatchObject({ machine: 'x86-64', anchor: 0x1000, above: { low: 0x40_00_00_00, high: 1 } });
  expect(image.parts.map(({ name, form }) => `${name} ${form}`)).toEqual([
    '.text code',
    '.data pointers',
    '.pdata functions',
  ]);
  const [{ address, size }] = image.tails as readonly [{ readonly address: number; readonly size: number }];
  const data = image.spans[1]!;
  expect(address).toBe(data.address + data.size);
  // The file holds whole blocks of 512 bytes of it.
  expect(data.size + size).toBe(8 * 400 + 0x1_00_00);
});

it('makes of what was linked anew far less than without them', async () => {
  const patch = await refmix.make(base, target, {});
  expect(await judgePatch(refmix, base, patch, target)).toBe('ok');
  const blind = await refmix.make(withoutHeaders(base), withoutHeaders(target), {});
  expect(patch.length).toBeLessThan(0.75 * blind.length);
});

it('reads whatever its headers say, or leaves it', async () => {
  const header = base.subarray(0, 0x200);
  await fc.assert(
    fc.asyncProperty(mutatedPatches([header]), async ({ patch: odd }) => {
      const program = Uint8Array.from(base);
      program.set(odd.subarray(0, header.length));
      const image = readPe(program);
      for (const { offset, size } of image?.spans ?? []) expect(offset + size).toBeLessThanOrEqual(program.length);
    }),
    runs(100_000),
  );
});
