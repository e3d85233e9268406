/**
 * Ways to a release as the index tells them before any delta was read: one delta, or a chain of them, from a release
 * whose files are here; the fewest bytes of patches first. That figure counts patches of files that nobody misses, and
 * nothing of files that a delta leaves out: it says where to look first, and only what is read says what it costs. Pure.
 */
import type { Digest } from '../../../kernel/digest.ts';
import { Heap } from '../../../kernel/heap.ts';
import type { IndexedDelta } from '../../../model/delta.ts';

export interface Way {
  /** Of all patches of all its deltas. */
  readonly patchBytes: number;
  /** First link first; at least one. */
  readonly links: readonly IndexedDelta[];
}

/** A longer chain costs more work than it can save bytes. */
export const mostLinks = 8;
/** Ways that lead on from one release. Without an end to them, a dense index has more than there is time for. */
const mostFromEach = 4;

/** Of equals the one with fewer links comes first. */
export function* waysTo(
  deltas: readonly IndexedDelta[],
  to: Digest,
  bases: ReadonlySet<Digest>,
): Generator<Way, undefined> {
  const leadingTo = Map.groupBy(reachableFrom(bases, deltas), (delta) => delta.to);
  const taken = new Map<Digest, number>();
  const begun = new Heap<Begun>(
    (a, b) => a.patchBytes - b.patchBytes || a.links.length - b.links.length || a.order - b.order,
  );
  let order = 0;
  begun.push({ start: to, patchBytes: 0, links: [], order });
  for (let way = begun.pop(); way !== undefined; way = begun.pop()) {
    const { start, patchBytes, links } = way;
    const times = taken.get(start) ?? 0;
    if (times === mostFromEach) continue;
    taken.set(start, times + 1);
    if (links.length > 0 && bases.has(start)) {
      yield { patchBytes, links };
      continue;
    }
    if (links.length === mostLinks) continue;
    for (const delta of leadingTo.get(start) ?? []) {
      if (delta.from === to || taken.get(delta.from) === mostFromEach) continue;
      if (links.some(({ from }) => from === delta.from)) continue;
      order += 1;
      begun.push({ start: delta.from, patchBytes: patchBytes + delta.patchBytes, links: [delta, ...links], order });
    }
  }
  return undefined;
}

/** Those that lead somewhere from a base: of a large index that is little. */
function reachableFrom(bases: ReadonlySet<Digest>, deltas: readonly IndexedDelta[]): readonly IndexedDelta[] {
  const reached = new Set(bases);
  for (let before = -1, link = 1; before < reached.size && link < mostLinks; link += 1) {
    before = reached.size;
    for (const { from, to } of deltas) if (reached.has(from)) reached.add(to);
  }
  return deltas.filter(({ from }) => reached.has(from));
}

interface Begun extends Way {
  /** Where it starts so far: it grows from its end to a base. */
  readonly start: Digest;
  readonly order: number;
}
