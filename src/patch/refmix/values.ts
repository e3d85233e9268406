/**
 * Up to four bytes from a change on that no guess explains: of each but the first whether it changed, and by how much,
 * bit by bit, in the light of what the guesses would have made of it.
 */
import { mixBit, mixSix } from './coder/mixture.ts';
import { hash, type Walk } from './walk.ts';

/** What the bytes in hand would have changed by. */
interface Hints {
  latest: number;
  earlier: number;
  relative: number;
  absolute: number;
}

export function codeChangedBytes(walk: Walk, at: number, word: number): number {
  const { work, runEnd, truth } = walk;
  const count = Math.min(4, runEnd - at);
  for (let nth = 0; nth < count; nth += 1) {
    const old = work[at + nth]!;
    const change = truth === undefined ? 0 : (truth[at + nth]! - old) & 255;
    const hints = hintsFor(walk, word, nth, old);
    const changed = nth === 0 ? 1 : codeWhether(walk, at + nth, nth, old, hints, change === 0 ? 0 : 1);
    walk.changes = ((walk.changes << 1) | changed) & 0xff_ff;
    walk.quiet = changed === 1 ? 0 : walk.quiet + 1;
    const coded = changed === 1 ? codeValue(walk, at + nth, nth, old, hints, change) : 0;
    work[at + nth] = old + coded;
    walk.bytes = (walk.bytes << 8) | coded;
  }
  return count;
}

function hintsFor({ guesses }: Walk, word: number, nth: number, old: number): Hints {
  const byteOf = (guess: number): number => (((word + guesses[guess]!) >>> (8 * nth)) - old) & 255;
  return { latest: byteOf(5), earlier: byteOf(6), relative: byteOf(1), absolute: byteOf(2) };
}

function codeWhether(walk: Walk, at: number, nth: number, old: number, hints: Hints, bit: number): number {
  const { events, coder, changes, bytes, place, work, from } = walk;
  const { before, pattern, phase } = place;
  const last = work[at - 1]!;
  const second = at - 2 >= from ? work[at - 2]! : 0;
  const third = at - 3 >= from ? work[at - 3]! : 0;
  const place26 = nth << 26;
  const alike =
    (hints.latest === 0 ? 0 : 1) |
    (hints.earlier === 0 ? 0 : 2) |
    (hints.relative === 0 ? 0 : 4) |
    (hints.absolute === 0 ? 0 : 8);
  const slots = events.at;
  slots[0] = hash(last | (second << 8) | (third << 16) | place26, 13) >>> 16;
  slots[1] = 0x1_00_00 + (hash((changes & 15) | ((bytes & 255) << 8) | (old << 16) | place26, 14) >>> 16);
  slots[2] = 0x2_00_00 + (hash((before & 0xff_ff) | (pattern << 16) | place26, 15) >>> 16);
  slots[3] = 0x3_00_00 + (hash(alike | ((bytes & 255) << 8) | place26, 16) >>> 16);
  slots[4] = 0x4_00_00 + (hash((bytes & 0xff_ff) | place26, 17) >>> 16);
  slots[5] = 0x5_00_00 + (hash(last | ((bytes & 255) << 8) | place26, 18) >>> 16);
  const set = 512 + (nth | ((changes & 3) << 2) | ((alike & 1) << 4) | ((alike & 4) << 3) | ((phase & 3) << 6));
  return mixSix(coder, events, set, bit);
}

function codeValue(walk: Walk, at: number, nth: number, old: number, hints: Hints, change: number): number {
  const { values, coder, bytes, place, work, from, guesses, hashes } = walk;
  const last = at > from ? work[at - 1]! : 0;
  const second = at - 2 >= from ? work[at - 2]! : 0;
  const third = at - 3 >= from ? work[at - 3]! : 0;
  const { latest, earlier, relative, absolute } = hints;
  hashes[0] = hash(old | ((bytes & 255) << 8), 20 + nth);
  hashes[1] = hash(latest | (nth << 8), 30);
  hashes[2] = hash(last | (second << 8) | (third << 16), 40 + nth);
  hashes[3] = hash(bytes, 50);
  hashes[4] = hash(relative | (nth << 8) | (guesses[1] === 0 ? 0 : 0x10_00), 60);
  hashes[5] = hash(absolute | (nth << 8) | (guesses[2] === 0 ? 0 : 0x10_00), 70);
  hashes[6] = hash(old | (last << 8), 80 + nth);
  hashes[7] = hash(earlier | ((place.before & 255) << 8) | (nth << 16), 90);
  const set = (nth * 4 + (relative === 0 ? 0 : 1) + (latest === 0 ? 0 : 2)) * 256;
  const slots = values.at;
  let node = 1;
  for (let left = 7; left >= 0; left -= 1) {
    const salt = Math.imul(node, 0x9e_37_79_b1);
    for (let input = 0; input < 8; input += 1) slots[input] = (input << 18) + ((hashes[input]! + salt) >>> 14);
    node = (node << 1) | mixBit(coder, values, set + node, (change >>> left) & 1);
  }
  return node & 255;
}
