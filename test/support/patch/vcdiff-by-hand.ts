/** VCDIFF patches written down part by part, right or wrong, as no encoder would write them. */
import { adler32 } from '../../../src/patch/vcdiff/format/adler32.ts';
import {
  createWriter,
  writeByte,
  writeBytes,
  writeInteger,
  writeWord,
  writtenBytes,
} from '../../../src/patch/vcdiff/format/byte-writer.ts';

export interface WindowByHand {
  /** Default: none. */
  readonly segment?: { readonly of: 'source' | 'target'; readonly length: number; readonly start: number };
  /** Instead of what the other fields say. */
  readonly indicator?: number;
  readonly targetLength: number;
  readonly compressed?: number;
  readonly data?: Uint8Array;
  readonly instructions?: readonly number[];
  readonly addresses?: readonly number[];
  /** Of these bytes, or this number. */
  readonly adler?: Uint8Array | number;
  /** Added to the length of the window as stated. */
  readonly lengthOff?: number;
}

/** Version, header indicator and what follows it. */
export const plainHeader = [0, 0];

export function patchByHand(windows: readonly WindowByHand[], header: readonly number[] = plainHeader): Uint8Array {
  const patch = createWriter();
  writeBytes(patch, Uint8Array.of(0xd6, 0xc3, 0xc4, ...header));
  for (const window of windows) writeBytes(patch, windowByHand(window));
  return writtenBytes(patch).slice();
}

export function windowByHand(window: WindowByHand): Uint8Array {
  const { segment, adler, compressed = 0, lengthOff = 0 } = window;
  const sections = [
    window.data ?? new Uint8Array(),
    Uint8Array.from(window.instructions ?? []),
    Uint8Array.from(window.addresses ?? []),
  ];
  const encoding = createWriter();
  writeInteger(encoding, window.targetLength);
  writeByte(encoding, compressed);
  for (const { length } of sections) writeInteger(encoding, length);
  if (adler !== undefined) writeWord(encoding, typeof adler === 'number' ? adler : adler32(adler, 0, adler.length));
  for (const section of sections) writeBytes(encoding, section);
  const out = createWriter();
  const own = (segment === undefined ? 0 : segment.of === 'source' ? 1 : 2) | (adler === undefined ? 0 : 4);
  writeByte(out, window.indicator ?? own);
  if (segment !== undefined) {
    writeInteger(out, segment.length);
    writeInteger(out, segment.start);
  }
  writeInteger(out, encoding.size + lengthOff);
  writeBytes(out, writtenBytes(encoding));
  return writtenBytes(out).slice();
}

export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Digits of an integer as the RFC writes it. */
export function digits(value: number): readonly number[] {
  const writer = createWriter();
  writeInteger(writer, value);
  return [...writtenBytes(writer)];
}
