import { describe, expect, it } from 'vitest';
import { digestBytes } from '../../../src/kernel/digest.ts';
import { bsdiff } from '../../../src/patch/bsdiff.ts';
import { refmix } from '../../../src/patch/refmix.ts';
import { judgePatch } from '../../support/patch/apply-patch.ts';

/** The same bytes everywhere (a linear congruential generator). */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** Small changes all over, and one part that was put in. */
function edited(base: Uint8Array, every: number): Uint8Array {
  const target = Uint8Array.from([...base.subarray(0, 5000), ...noise(100, 7), ...base.subarray(5000)]);
  for (let at = every; at < target.length; at += every) target[at] = (target[at]! + 1) & 0xff;
  return target;
}

const functionBytes = 400;
const functions = 300;

/** Code in which every function calls others by relative distance; `grown`: each got longer, one more than another. */
function program(grown: boolean): Uint8Array {
  const starts = [0];
  for (let nth = 0; nth < functions; nth += 1)
    starts.push(starts[nth]! + functionBytes + (grown ? 4 * ((nth * nth) % 11) : 0));
  const bytes = new Uint8Array(starts[functions]!);
  const view = new DataView(bytes.buffer);
  for (let nth = 0; nth < functions; nth += 1) {
    const code = noise(functionBytes, nth + 1);
    bytes.set(
      code.map((byte) => (byte === 0xe8 ? 0x90 : byte)),
      starts[nth]!,
    );
    for (let call = 0; call < 20; call += 1) {
      const at = starts[nth]! + call * 20;
      bytes[at] = 0xe8;
      const goal = starts[(code[call * 20]! * 256 + code[call * 20 + 1]!) % functions]!;
      view.setInt32(at + 1, goal - (at + 5), true);
    }
  }
  return bytes;
}

describe('REFMIX', () => {
  it('writes the bytes that it always wrote', async () => {
    const base = noise(60_000, 1);
    const patch = await refmix.make(base, edited(base, 997), {});
    expect(digestBytes(patch)).toBe('sha256:699b26b1ad719f8107c59c26e476c1a34edbec87fd5a11591f4712be13ea67df');
  });

  it('makes less of code that moved than BSDIFF does', async () => {
    const [base, target] = [program(false), program(true)];
    const patch = await refmix.make(base, target, {});
    expect(await judgePatch(refmix, base, patch, target)).toBe('ok');
    const plain = await bsdiff.make(base, target, {});
    expect(patch.length).toBeLessThan(0.9 * plain.length);
  });
});
