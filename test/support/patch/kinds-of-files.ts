/** Pairs of files, one of each kind that patches meet. The same on every run of one Node. */
import { readFileSync } from 'node:fs';

export interface NamedPair {
  readonly name: string;
  readonly base: Uint8Array;
  readonly target: Uint8Array;
}

const nothing = new Uint8Array();

/** Bytes of this Node, which is a program as programs are. */
export function programBytes(length: number, from = 0): Uint8Array {
  program ??= readFileSync(process.execPath);
  return program.subarray(program.length >> 2).subarray(from, from + length);
}
let program: Uint8Array | undefined;

/** Pseudo-random, of so many values. */
export function noise(length: number, values: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 16) % values;
  });
}

/** A program after a change: every so often a word moved, a byte changed, and some put in and left out. */
export function edited(bytes: Uint8Array, seed = 1): Uint8Array {
  const changes = noise(Math.max(4, bytes.length >> 8), 256, seed);
  // A slice of a Buffer is the Buffer: that would edit the base as well.
  const out = Uint8Array.from(bytes);
  for (const [index, change] of changes.entries()) {
    const at = (index * 256 + change) % Math.max(1, out.length - 4);
    out[at] = (out[at]! + change) & 0xff;
    if (change < 64) out[at + 3] = (out[at + 3]! + 1) & 0xff;
  }
  const third = Math.floor(out.length / 3);
  return Buffer.concat([
    out.subarray(0, third),
    noise(1 + (seed % 700), 256, seed),
    out.subarray(third, 2 * third),
    out.subarray(Math.min(out.length, 2 * third + 333)),
  ]);
}

export function kindsOfFiles(): readonly NamedPair[] {
  const code = programBytes(300_000);
  const text = Buffer.from('SELECT name, version FROM nodes WHERE healthy;\n'.repeat(900));
  return [
    { name: 'an edited program', base: code, target: edited(code) },
    { name: 'moved blocks', base: code, target: Buffer.concat([code.subarray(200_000), code.subarray(0, 150_000)]) },
    {
      name: 'text',
      base: text,
      target: Buffer.from(text.toString().replaceAll('healthy;\nSELECT name', 'ok;\nSELECT id')),
    },
    { name: 'equal files', base: code, target: code },
    { name: 'an empty target', base: code, target: nothing },
    { name: 'an empty base', base: nothing, target: code.subarray(0, 50_000) },
    { name: 'two empty files', base: nothing, target: nothing },
    { name: 'tiny files', base: Uint8Array.of(1, 2, 3), target: Uint8Array.of(1, 2, 4, 3) },
    {
      name: 'one byte again and again',
      base: new Uint8Array(100_000),
      target: new Uint8Array(700_000).fill(9, 500_000),
    },
    { name: 'a short period', base: noise(7, 256), target: Buffer.alloc(400_000, noise(7, 256)) },
    { name: 'nothing in common', base: noise(60_000, 256, 5), target: noise(60_000, 256, 6) },
    { name: 'few values', base: noise(60_000, 3, 5), target: noise(60_000, 3, 6) },
  ];
}
