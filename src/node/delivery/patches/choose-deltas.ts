/**
 * The way to a release with the fewest bytes, as the index tells it before any delta was read: one delta, or a chain of
 * them, from a release whose files are here. Pure.
 */
import type { Digest } from '../../../kernel/digest.ts';
import type { IndexedDelta } from '../../../model/delta.ts';

/** A longer chain costs more work than it can save bytes. */
const mostLinks = 8;

interface Way {
  readonly bytes: number;
  /** First link first. */
  readonly links: readonly IndexedDelta[];
}

/** Empty where nothing is cheaper than `wholeBytes`: then the files come whole. */
export function chooseDeltas(
  deltas: readonly IndexedDelta[],
  to: Digest,
  bases: ReadonlySet<Digest>,
  wholeBytes: number,
): readonly IndexedDelta[] {
  const leadingTo = Map.groupBy(deltas, (delta) => delta.to);
  let best: Way = { bytes: wholeBytes, links: [] };
  const cheapest = new Map<Digest, number>([[to, 0]]);
  let ends: ReadonlyMap<Digest, Way> = new Map([[to, { bytes: 0, links: [] }]]);
  for (let link = 0; link < mostLinks && ends.size > 0; link += 1) {
    const next = new Map<Digest, Way>();
    for (const [end, way] of ends) {
      for (const delta of leadingTo.get(end) ?? []) {
        const bytes = way.bytes + delta.patchBytes;
        // Fewer links come first, so that of equals the shorter way stays.
        if (bytes >= best.bytes || bytes >= (cheapest.get(delta.from) ?? Infinity)) continue;
        const longer: Way = { bytes, links: [delta, ...way.links] };
        cheapest.set(delta.from, bytes);
        next.set(delta.from, longer);
        if (bases.has(delta.from)) best = longer;
      }
    }
    ends = next;
  }
  return best.links;
}
