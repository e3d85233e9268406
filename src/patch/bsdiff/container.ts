/**
 * The variant of BSDIFF that Themis writes: what bsdiff finds, without the zeros, under a better second stage, and framed
 * so that it is applied in bounded memory. Numbers are varints (varint.ts).
 *
 *     magic      `BSDIFFT1`
 *     base       bytes of the base
 *     target     bytes of the target
 *     four heads, of the control, gaps, values and extra stream: method (one byte: 0 raw, 1 zstd, 2 brotli), bytes of
 *                its content, bytes in the patch
 *     four streams in this order, as packed-stream.ts says
 *
 * Control is for each entry: where its stretch of the base begins, counted from the end of the one before (signed: 0, -1,
 * 1, -2 as 0, 1, 2, 3), how many bytes lie beside it, how many extra ones come after them. Gaps and values are what is
 * added to all those beside the base (sparse-differences.ts). Nothing follows the last stream.
 */
import { concatenate } from '../../kernel/concatenate.ts';
import { type Alignment, diffOf, extraOf } from '../alignment.ts';
import { type ByteSource, byteSource } from './byte-source.ts';
import { type PackedStream, packMethods, packStream, unpackStream } from './packed-stream.ts';
import { type Entry, mostEntries, type PatchParts } from './rebuild.ts';
import { refuseBsdiff } from './refuse.ts';
import { makeSparse, mostGapBytes, sparseDifferences } from './sparse-differences.ts';
import { foldSign, readVarint, unfoldSign, varint } from './varint.ts';

export const ownMagic = new TextEncoder().encode('BSDIFFT1');

const mostEntryBytes = 15;

export async function writeOwn(
  base: Uint8Array,
  target: Uint8Array,
  alignment: Alignment,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { gaps, values } = makeSparse(diffOf(base, target, alignment));
  const streams: PackedStream[] = [];
  for (const content of [controlOf(alignment), gaps, values, extraOf(target, alignment)])
    streams.push(await packStream(content, signal));
  const heads = streams.flatMap(({ method, contentBytes, packed }) => [
    packMethods.indexOf(method),
    ...varint(contentBytes),
    ...varint(packed.length),
  ]);
  const head = Uint8Array.from([...ownMagic, ...varint(base.length), ...varint(target.length), ...heads]);
  return concatenate([head, ...streams.map(({ packed }) => packed)]);
}

/** Of a patch that begins with the magic. */
export function readOwn(baseBytes: number, patch: Uint8Array, targetBytes: number): PatchParts {
  let at = ownMagic.length;
  const byte = (): number => {
    if (at >= patch.length) throw refuseBsdiff('it ends within its head');
    at += 1;
    return patch[at - 1]!;
  };
  if (readVarint(byte) !== baseBytes) throw refuseBsdiff('it is for a base of another size');
  if (readVarint(byte) !== targetBytes) throw refuseBsdiff('it is for a target of another size');
  const streams = (
    [
      ['control', mostEntries(targetBytes) * mostEntryBytes],
      ['gaps', mostGapBytes(targetBytes)],
      ['values', targetBytes],
      ['extra', targetBytes],
    ] as const
  ).map(([name, mostBytes]) => {
    const method = packMethods[byte()];
    if (method === undefined) throw refuseBsdiff(`its ${name} stream is packed in an unknown way`);
    const contentBytes = readVarint(byte);
    if (contentBytes > mostBytes) throw refuseBsdiff(`its ${name} stream is longer than its target can need`);
    return { name, method, contentBytes, packedBytes: readVarint(byte) };
  });
  const [control, gaps, values, extra] = streams.map(({ name, method, contentBytes, packedBytes }) => {
    if (packedBytes > patch.length - at) throw refuseBsdiff('its streams are longer than itself');
    at += packedBytes;
    return byteSource(unpackStream({ method, contentBytes, packed: patch.subarray(at - packedBytes, at) }), name);
  });
  if (at !== patch.length) throw refuseBsdiff('something follows its last stream');
  return { entries: readEntries(control!), differences: sparseDifferences(gaps!, values!), extra: extra! };
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

function* readEntries(source: ByteSource): Generator<Entry, void> {
  const next = (): number => readVarint(source.byte);
  let end = 0;
  while (!source.isAtEnd()) {
    const basePosition = end + unfoldSign(next());
    const length = next();
    yield { basePosition, length, extra: next() };
    end = basePosition + length;
  }
}
