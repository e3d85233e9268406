/** Bytes of the target that lie beside nothing, in the light of the bytes before them. */
import { needsMore } from './coder/bit-coder.ts';
import { mixBit } from './coder/mixture.ts';
import { hash, type Walk } from './walk.ts';

/** Returns where it stopped: at `end`, or earlier where the coder needs more bytes. */
export function codeLiterals(walk: Walk, start: number, end: number): number {
  const { work, truth, from, coder } = walk;
  let last = 0;
  let earlier = 0;
  for (let back = Math.max(from, start - 6); back < start; back += 1) {
    earlier = ((earlier << 8) | (last >>> 24)) & 0xff_ff;
    last = (last << 8) | work[back]!;
  }
  const before = coder.position;
  let at = start;
  for (; at < end && !needsMore(coder); at += 1) {
    const byte = codeLiteral(walk, last, earlier, truth === undefined ? 0 : truth[at]!);
    work[at] = byte;
    earlier = ((earlier << 8) | (last >>> 24)) & 0xff_ff;
    last = (last << 8) | byte;
  }
  walk.changes = 0;
  walk.bytes = 0;
  walk.literalBytes += coder.position - before;
  return at;
}

function codeLiteral(walk: Walk, last: number, earlier: number, byte: number): number {
  const { literals, coder, hashes } = walk;
  hashes[0] = hash(0, 1);
  hashes[1] = hash(last & 255, 2);
  hashes[2] = hash(last & 0xff_ff, 3);
  hashes[3] = hash(last & 0xff_ff_ff, 4);
  hashes[4] = hash(last, 5);
  hashes[5] = hash(last, earlier + 6);
  hashes[6] = hash(last & 0xff_ff_ff_00, 7);
  const slots = literals.at;
  let node = 1;
  for (let left = 7; left >= 0; left -= 1) {
    const salt = Math.imul(node, 0x9e_37_79_b1);
    for (let input = 0; input < 7; input += 1) slots[input] = (input << 20) + ((hashes[input]! + salt) >>> 12);
    node = (node << 1) | mixBit(coder, literals, node, (byte >>> left) & 1);
  }
  return node & 255;
}
