/**
 * A segment of the target, made true in one window after another. Each is laid out when its turn comes; so a segment
 * needs one model and one window, however long it is.
 */
import { addDifferences, placeLiterals, sizesOf } from '../packed.ts';
import { refusePatch } from '../refuse.ts';
import { openPacked } from './packed-bytes.ts';
import { type Decode, SegmentWork } from './segment-work.ts';
import { type PlacedSegment, type Target, type Window, windowBytes } from './window.ts';

/** In order. The bytes of one are used again for the next. */
export async function* windowsOf(target: Target, segment: PlacedSegment, decode: Decode): AsyncGenerator<Window> {
  const { from, end, method, packed, code } = segment;
  if (method === 'mixed' && packed.length > 0) throw refusePatch('a segment has bytes that nothing uses');
  if (method === 'packed' && code.length > 0) throw refusePatch('a segment has code that nothing uses');
  const work = new SegmentWork(target, segment);
  // Literals stand behind all differences, and both are needed at the same time: so the packed bytes are read twice.
  const differences = openPacked(method === 'packed' ? packed : new Uint8Array());
  const literals = openPacked(packed);
  try {
    if (method === 'packed') await literals.skip(sizesOf({ ...target, from, to: end }).copied);
    for (let start = from - (from % windowBytes); start < end; start += windowBytes) {
      const place = { start, from: Math.max(from, start), to: Math.min(end, start + windowBytes) };
      work.moveTo(start);
      const cut = { ...target, ...place, work: work.bytes, origin: start };
      if (method === 'packed') await addDifferences(cut, differences.read);
      if (method !== 'mixed') await placeLiterals(cut, literals.read);
      if (method !== 'packed') await work.decodeTo(place.to, decode);
      yield { ...place, bytes: work.bytes };
    }
    await literals.end();
    if (work.readBytes < code.length) throw refusePatch('a segment has more code than it needs');
  } finally {
    differences.close();
    literals.close();
    work.free();
  }
}
