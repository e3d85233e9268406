/**
 * The deltas worth reading on the way to a release, from the most promising way on, until no other one that the index
 * lists has fewer bytes than what would be fetched by now. Every delta costs a look at the source, so there is an end to
 * them. One that is refused, for whatever reason, is noted and left out, and the next way is looked at.
 */
import type { Digest } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { IndexedDelta } from '../../../model/delta.ts';
import type { ReadDelta } from './plan-patches.ts';
import { mostLinks, waysTo } from './ways.ts';

/** More refusals than this are no accident. */
const mostRefusals = 4;
/** Enough for two of the longest ways. */
const mostDeltas = 2 * mostLinks;

export interface DeltaReader {
  readonly offered: readonly IndexedDelta[];
  readonly to: Digest;
  /** Releases whose files are here. */
  readonly bases: ReadonlySet<Digest>;
  readonly read: (delta: IndexedDelta) => Promise<ReadDelta | ThemisError>;
  /** Told of every delta that is not used in spite of being listed. */
  readonly onRefusal: (delta: IndexedDelta, error: ThemisError) => Promise<void>;
  /** Bytes that are fetched by way of what was read so far. */
  readonly bytesToFetch: (deltas: readonly ReadDelta[]) => Promise<number>;
}

export async function readDeltas(given: DeltaReader): Promise<readonly ReadDelta[]> {
  const { offered, to, bases, bytesToFetch } = given;
  const read = new Map<IndexedDelta, ReadDelta>();
  const refused = new Set<IndexedDelta>();
  let neededBytes = Infinity;
  const waysLeft = () =>
    waysTo(
      offered.filter((delta) => !refused.has(delta)),
      to,
      bases,
    );
  let ways = waysLeft();
  for (let way = ways.next().value; way !== undefined; way = ways.next().value) {
    const unread = way.links.filter((link) => !read.has(link));
    if (unread.length === 0) continue;
    const left = mostDeltas - read.size - refused.size;
    if (way.patchBytes >= neededBytes || left === 0) break;
    if (unread.length > left) continue;
    if (await readAll(given, unread, read, refused)) neededBytes = await bytesToFetch([...read.values()]);
    else if (refused.size > mostRefusals) break;
    // From the beginning: what led through it hid other ways.
    else ways = waysLeft();
  }
  return [...read.values()];
}

/** False where one of them is refused; what follows it is not read. */
async function readAll(
  { read: readOne, onRefusal }: DeltaReader,
  links: readonly IndexedDelta[],
  read: Map<IndexedDelta, ReadDelta>,
  refused: Set<IndexedDelta>,
): Promise<boolean> {
  for (const link of links) {
    const result = await readOne(link);
    if (result instanceof ThemisError) {
      refused.add(link);
      await onRefusal(link, result);
      return false;
    }
    read.set(link, result);
  }
  return true;
}
