/**
 * The container of bsdiff 4 (Percival 2003): `BSDIFF40`, three numbers (bytes of the packed control and diff streams,
 * bytes of the target), and three bzip2 streams. Numbers are of eight bytes, the lowest first, the highest bit is the
 * sign. An entry of the control stream is three of them: bytes beside the base, bytes after them, and how far to go on
 * in the base from there before the next entry.
 */
import { concatenate } from '../../kernel/concatenate.ts';
import { type Alignment, diffOf, extraOf } from '../alignment.ts';
import { packBzip2 } from '../bzip2/pack.ts';
import { unpackBzip2 } from '../bzip2/unpack.ts';
import { byteSource } from './byte-source.ts';
import { plainDifferences } from './plain-differences.ts';
import { type Entry, fill, mostEntries, type PatchParts } from './rebuild.ts';
import { refuseBsdiff } from './refuse.ts';

export const classicMagic = new TextEncoder().encode('BSDIFF40');

const headBytes = 32;
const numberBytes = 8;
const entryBytes = 3 * numberBytes;

export function writeClassic(base: Uint8Array, target: Uint8Array, alignment: Alignment): Uint8Array {
  const packed = [controlOf(alignment), diffOf(base, target, alignment), extraOf(target, alignment)].map((stream) =>
    packBzip2(stream),
  );
  const head = new Uint8Array(headBytes);
  head.set(classicMagic);
  const view = viewOf(head);
  writeNumber(view, 8, packed[0]!.length);
  writeNumber(view, 16, packed[1]!.length);
  writeNumber(view, 24, target.length);
  return concatenate([head, ...packed]);
}

/** Of a patch that begins with the magic. */
export function readClassic(patch: Uint8Array, targetBytes: number): PatchParts {
  if (patch.length < headBytes) throw refuseBsdiff('it ends within its head');
  const view = viewOf(patch);
  const control = readNumber(view, 8);
  const diff = readNumber(view, 16);
  if (readNumber(view, 24) !== targetBytes) throw refuseBsdiff('it is for a target of another size');
  if (control < 0 || diff < 0 || control + diff > patch.length - headBytes)
    throw refuseBsdiff('its streams are longer than itself');
  const diffAt = headBytes + control;
  const extraAt = diffAt + diff;
  return {
    entries: readEntries(unpackBzip2(patch.subarray(headBytes, diffAt), mostEntries(targetBytes) * entryBytes)),
    differences: plainDifferences(byteSource(unpackBzip2(patch.subarray(diffAt, extraAt), targetBytes), 'diff')),
    extra: byteSource(unpackBzip2(patch.subarray(extraAt), targetBytes), 'extra'),
  };
}

function controlOf({ entries, basePosition, length, extra }: Alignment): Uint8Array {
  // A first stretch lies at the start of the base; when it does not, an entry that only seeks goes before it.
  const lead = entries > 0 && basePosition[0] !== 0 ? 1 : 0;
  const bytes = new Uint8Array((entries + lead) * entryBytes);
  const view = viewOf(bytes);
  if (lead === 1) writeNumber(view, 16, basePosition[0]!);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = (entry + lead) * entryBytes;
    const end = basePosition[entry]! + length[entry]!;
    writeNumber(view, at, length[entry]!);
    writeNumber(view, at + 8, extra[entry]!);
    writeNumber(view, at + 16, (basePosition[entry + 1] ?? end) - end);
  }
  return bytes;
}

function* readEntries(control: Iterator<Uint8Array, void>): Generator<Entry, void> {
  const source = byteSource(control, 'control');
  const bytes = new Uint8Array(entryBytes);
  const view = viewOf(bytes);
  let basePosition = 0;
  while (!source.isAtEnd()) {
    fill(bytes, source);
    const length = readNumber(view, 0);
    yield { basePosition, length, extra: readNumber(view, 8) };
    basePosition += length + readNumber(view, 16);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function writeNumber(view: DataView, at: number, value: number): void {
  const magnitude = Math.abs(value);
  view.setUint32(at, magnitude, true);
  view.setUint32(at + 4, Math.floor(magnitude / 2 ** 32) + (value < 0 ? 2 ** 31 : 0), true);
}

/** Nothing is larger than 2^48 bytes: positions stay exact whatever is added up. */
function readNumber(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  const magnitude = (high & 0x7fffffff) * 2 ** 32 + view.getUint32(at, true);
  if (magnitude > 2 ** 48) throw refuseBsdiff('a number in it is too large');
  return high >>> 31 === 1 ? -magnitude : magnitude;
}
