import { describe, expect, test } from 'vitest';
import { packBzip2 } from '../../../src/patch/bzip2/pack.ts';
import { unpackBzip2 } from '../../../src/patch/bzip2/unpack.ts';
import { noise } from '../../support/patch/kinds-of-files.ts';

const unpack = (packed: Uint8Array, mostBytes: number): Uint8Array =>
  Buffer.concat(Array.from(unpackBzip2(packed, mostBytes), (chunk) => chunk.slice()));

const text = new TextEncoder().encode('Peter Piper picked a peck of pickled peppers. '.repeat(20));
const packed = packBzip2(text);
const refusal = expect.objectContaining({ code: 'PATCH_INVALID', reason: 'BZIP2_INVALID' });

const edited = (at: number, byte: number): Uint8Array => {
  const bytes = packed.slice();
  bytes[at] = byte;
  return bytes;
};

describe('a stream', () => {
  test('of nothing has no block', () => {
    expect(packBzip2(new Uint8Array(0))).toEqual(
      Uint8Array.of(0x42, 0x5a, 0x68, 0x39, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0),
    );
    expect(unpack(packBzip2(new Uint8Array(0)), 0)).toHaveLength(0);
  });

  test('of several blocks comes back, whatever run lies across their border', () => {
    const bytes = new Uint8Array(2_000_000);
    bytes.set(noise(899_700, 256, 1));
    bytes.set(noise(900_000, 256, 2), 1_000_000);
    expect(unpack(packBzip2(bytes), bytes.length)).toEqual(Buffer.from(bytes));
  });

  test('is followed by others', () => {
    const both = Uint8Array.from([...packed, ...packBzip2(new Uint8Array(0)), ...packed]);
    expect(unpack(both, 2 * text.length)).toEqual(Buffer.from([...text, ...text]));
  });

  test.each<[string, Uint8Array]>([
    ['nothing at all', new Uint8Array(0)],
    ['another magic', edited(0, 0x43)],
    ['level 0', edited(3, 0x30)],
    ['level 10', edited(3, 0x3a)],
    ['another block magic', edited(4, 0x32)],
    ['another block checksum', edited(10, packed[10]! ^ 1)],
    ['another stream checksum', edited(packed.length - 2, packed.at(-2)! ^ 1)],
    ['a randomised block', edited(14, packed[14]! | 0x80)],
    ['an origin outside of its block', edited(14, 0x7f)],
    ['something behind it', Uint8Array.from([...packed, 0])],
    ['half a stream behind it', Uint8Array.from([...packed, ...packed.subarray(0, 20)])],
  ])('with %s is refused', (_, bytes) => {
    expect(() => unpack(bytes, 10 * text.length)).toThrow(refusal);
  });

  test('that is cut anywhere is refused', () => {
    for (let end = 0; end < packed.length; end += 1)
      expect(() => unpack(packed.subarray(0, end), text.length)).toThrow(refusal);
  });

  test('of more than it may hold is refused before it is made', () => {
    const bomb = packBzip2(new Uint8Array(40_000_000));
    expect(bomb.length).toBeLessThan(100);
    expect(() => unpack(bomb, 1_000_000)).toThrow(refusal);
    expect(() => unpack(packed, text.length - 1)).toThrow(refusal);
  });
});
