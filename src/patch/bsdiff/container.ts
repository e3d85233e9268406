/**
 * The variant of BSDIFF that Themis writes: the streams of bsdiff under a better second stage, framed so that they can be
 * applied in bounded memory. Numbers are varints (varint.ts).
 *
 *     magic      `BSDIFFT1`
 *     base       bytes of the base
 *     target     bytes of the target
 *     three heads, of the control, the diff and the extra stream: method (one byte: 0 raw, 1 zstd, 2 brotli), bytes of
 *                its content, bytes in the patch
 *     three streams in this order, as packed-stream.ts says
 *
 * Control is for each entry: where its stretch of the base begins, counted from the end of the one before (signed: 0, -1,
 * 1, -2 as 0, 1, 2, 3), how many bytes lie beside it, how many come after them. Diff and extra together are as long as
 * the target. Nothing follows the last stream.
 */
import { type Alignment, diffOf, extraOf } from '../alignment.ts';
import { byteSource } from './byte-source.ts';
import { join, type PackedStream, type PackMethod, packMethods, packStream, unpackStream } from './packed-stream.ts';
import { type Entry, mostEntries, type PatchStreams } from './rebuild.ts';
import { refuseBsdiff } from './refuse.ts';
import { foldSign, readVarint, unfoldSign, varint } from './varint.ts';

export const ownMagic = new TextEncoder().encode('BSDIFFT1');

const mostEntryBytes = 15;
/** Above this the differences are packed with zstd only: it is read three times as fast as Brotli. */
const brotliDiffBytes = 32 * 2 ** 20;

export async function writeOwn(
  base: Uint8Array,
  target: Uint8Array,
  alignment: Alignment,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const all: readonly PackMethod[] = packMethods;
  const diff = diffOf(base, target, alignment);
  const streams = [
    await packStream(controlOf(alignment), all, signal),
    await packStream(diff, diff.length > brotliDiffBytes ? ['raw', 'zstd'] : all, signal),
    await packStream(extraOf(target, alignment), all, signal),
  ];
  const heads = streams.flatMap(({ method, contentBytes, packed }) => [
    packMethods.indexOf(method),
    ...varint(contentBytes),
    ...varint(packed.length),
  ]);
  const head = Uint8Array.from([...ownMagic, ...varint(base.length), ...varint(target.length), ...heads]);
  return join([head, ...streams.map(({ packed }) => packed)]);
}

/** Of a patch that begins with the magic. */
export function readOwn(baseBytes: number, patch: Uint8Array, targetBytes: number): PatchStreams {
  let at = ownMagic.length;
  const byte = (): number => {
    if (at >= patch.length) throw refuseBsdiff('it ends within its head');
    at += 1;
    return patch[at - 1]!;
  };
  if (readVarint(byte) !== baseBytes) throw refuseBsdiff('it is for a base of another size');
  if (readVarint(byte) !== targetBytes) throw refuseBsdiff('it is for a target of another size');
  const heads = Array.from({ length: 3 }, () => {
    const method = packMethods[byte()];
    if (method === undefined) throw refuseBsdiff('a stream is packed in an unknown way');
    return { method, contentBytes: readVarint(byte), packedBytes: readVarint(byte) };
  });
  const [control, diff, extra] = heads.map(({ method, contentBytes, packedBytes }): PackedStream => {
    if (packedBytes > patch.length - at) throw refuseBsdiff('its streams are longer than itself');
    at += packedBytes;
    return { method, contentBytes, packed: patch.subarray(at - packedBytes, at) };
  });
  if (at !== patch.length) throw refuseBsdiff('something follows its last stream');
  if (control!.contentBytes > mostEntries(targetBytes) * mostEntryBytes) throw refuseBsdiff('it has too many entries');
  if (diff!.contentBytes + extra!.contentBytes !== targetBytes)
    throw refuseBsdiff('its streams are not as long as its target');
  return { entries: readEntries(unpackStream(control!)), diff: unpackStream(diff!), extra: unpackStream(extra!) };
}

function controlOf({ entries, basePosition, length, extra }: Alignment): Uint8Array {
  const numbers: number[] = [];
  let end = 0;
  for (let entry = 0; entry < entries; entry += 1) {
    numbers.push(foldSign(basePosition[entry]! - end), length[entry]!, extra[entry]!);
    end = basePosition[entry]! + length[entry]!;
  }
  return Uint8Array.from(numbers.flatMap((number) => varint(number)));
}

function* readEntries(control: Iterator<Uint8Array, void>): Generator<Entry, void> {
  const source = byteSource(control, 'control');
  const next = (): number => readVarint(() => source.byte());
  let end = 0;
  while (!source.isAtEnd()) {
    const basePosition = end + unfoldSign(next());
    const length = next();
    yield { basePosition, length, extra: next() };
    end = basePosition + length;
  }
}
