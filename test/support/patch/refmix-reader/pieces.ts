/** `docs/refmix.md`, "Pieces" and "The address map". */

export interface Span {
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

export interface Move {
  readonly address: number;
  readonly size: number;
  readonly shift: number;
}

export interface Stretch {
  readonly position: number;
  readonly basePosition: number;
  readonly length: number;
}

export interface Piece {
  readonly position: number;
  readonly length: number;
  /** Both undefined: it lies at no address. */
  readonly address: number | undefined;
  readonly shift: number;
}

/** How far what lay at an address moved; undefined: nobody knows. */
export type AddressMap = (address: number) => number | undefined;

export function cutPieces(stretches: readonly Stretch[], base: readonly Span[], target: readonly Span[]): Piece[] {
  return stretches.flatMap(({ position, basePosition, length }) => {
    const pieces: Piece[] = [];
    for (let done = 0; done < length;) {
      const before = lookUp(base, basePosition + done);
      const after = lookUp(target, position + done);
      const size = Math.min(length - done, before.left, after.left);
      const isMapped = before.address !== undefined && after.address !== undefined;
      const address = isMapped ? before.address | 0 : undefined;
      const shift = isMapped ? (after.address - before.address) | 0 : 0;
      pieces.push({ position: position + done, length: size, address, shift });
      done += size;
    }
    return pieces;
  });
}

function lookUp(spans: readonly Span[], at: number): { readonly address: number | undefined; readonly left: number } {
  const holder = spans.find(({ offset, size }) => at >= offset && at < offset + size);
  if (holder !== undefined)
    return { address: holder.address + at - holder.offset, left: holder.offset + holder.size - at };
  const later = spans.filter(({ offset }) => offset > at).map(({ offset }) => offset - at);
  return { address: undefined, left: Math.min(...later, Infinity) };
}

const nobodyKnows = -(2 ** 31);

export function mapAddresses(pieces: readonly Piece[], base: readonly Span[], moves: readonly Move[]): AddressMap {
  const ranges = [...base, ...moves];
  if (ranges.length === 0) return () => undefined;
  const low = Math.min(...ranges.map(({ address }) => address));
  const high = Math.max(...ranges.map(({ address, size }) => address + size));
  const reach = high - low < 2 ** 31 ? high - low : 0;
  let grain = 4;
  while (reach / grain > 2 ** 22) grain *= 2;
  const shifts = new Int32Array(Math.floor(reach / grain) + 1).fill(nobodyKnows);
  const say = (address: number, size: number, shift: number): void => {
    const from = (address - low) >>> 0;
    if (size === 0 || from >= reach) return;
    const last = Math.min(from + size, reach) - 1;
    shifts.fill(shift, Math.floor(from / grain), Math.floor(last / grain) + 1);
  };
  // Sorting keeps the order of equals.
  for (const { address, length, shift } of pieces.toSorted((a, b) => a.length - b.length))
    if (address !== undefined) say(address, length, shift);
  for (const { address, size, shift } of moves) say(address, size, shift);
  for (let at = 1; at < shifts.length; at += 1) if (shifts[at] === nobodyKnows) shifts[at] = shifts[at - 1]!;
  return (address) => {
    const from = (address - low) | 0;
    const shift = from >= 0 && from < reach ? shifts[Math.floor(from / grain)]! : nobodyKnows;
    return shift === nobodyKnows ? undefined : shift;
  };
}
