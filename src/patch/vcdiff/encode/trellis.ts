/**
 * The cheapest way to each of the next places of the target, as far as it is known. A node is settled when everything
 * that leads to it has been tried; then it also knows the latest copies on its way, whose addresses make others cheap.
 */
import { nearSlots } from '../format/code-table.ts';
import { niceLength } from './match-finder.ts';
import { addStep, literal, repeat, type Steps } from './steps.ts';

export interface Trellis {
  /** Place of the target at node 0. */
  start: number;
  /** The furthest node that anything leads to. */
  furthest: number;
  readonly price: Int32Array;
  /** The node and the kind of step or the address that leads here. */
  readonly from: Int32Array;
  readonly address: Int32Array;
  /** Literals just before. */
  readonly literals: Int32Array;
  /** The node that holds the latest copies on the way here. */
  readonly latest: Int32Array;
  /** Four to a node, latest first: address, and place of the target. */
  readonly copied: Int32Array;
  readonly copiedTo: Int32Array;
}

/** So many nodes at most, before a way is taken. */
export const mostNodes = 4096;
const room = mostNodes + niceLength + 1;
const unreached = 0x7fffffff;
const way = new Int32Array(room);

export function createTrellis(): Trellis {
  return {
    start: 0,
    furthest: 0,
    price: new Int32Array(room),
    from: new Int32Array(room),
    address: new Int32Array(room),
    literals: new Int32Array(room),
    latest: new Int32Array(room),
    copied: new Int32Array(room * nearSlots),
    copiedTo: new Int32Array(room * nearSlots),
  };
}

/** Of a window: nothing has been copied. */
export function startWindow(trellis: Trellis, start: number): void {
  trellis.start = start;
  trellis.furthest = 0;
  trellis.literals[0] = 0;
  trellis.latest[0] = 0;
  trellis.price[0] = 0;
  trellis.copied.fill(0, 0, nearSlots);
  trellis.copiedTo.fill(start, 0, nearSlots);
}

export function reach(trellis: Trellis, from: number, size: number, address: number, price: number): void {
  const to = from + size;
  while (trellis.furthest < to) {
    trellis.furthest += 1;
    trellis.price[trellis.furthest] = unreached;
  }
  if (price >= trellis.price[to]!) return;
  trellis.price[to] = price;
  trellis.from[to] = from;
  trellis.address[to] = address;
}

export function settle(trellis: Trellis, node: number): void {
  const { from, address, literals, latest, start } = trellis;
  const before = from[node]!;
  const kind = address[node]!;
  literals[node] = kind === literal ? literals[before]! + 1 : 0;
  latest[node] = kind < 0 ? latest[before]! : node;
  if (kind >= 0) rememberCopy(trellis, latest[before]!, node, kind, start + before);
}

function rememberCopy({ copied, copiedTo }: Trellis, earlier: number, node: number, address: number, to: number): void {
  const old = earlier * nearSlots;
  const own = node * nearSlots;
  for (let slot = nearSlots - 1; slot > 0; slot -= 1) {
    copied[own + slot] = copied[old + slot - 1]!;
    copiedTo[own + slot] = copiedTo[old + slot - 1]!;
  }
  copied[own] = address;
  copiedTo[own] = to;
}

/** Adds the way to a node to the steps, and starts again from there. */
export function takeWay(trellis: Trellis, node: number, steps: Steps): void {
  const { from, address, copied, copiedTo, latest, literals } = trellis;
  let count = 0;
  for (let at = node; at > 0; at = from[at]!) {
    way[count] = at;
    count += 1;
  }
  for (; count > 0; count -= 1) {
    const at = way[count - 1]!;
    addStep(steps, address[at]!, at - from[at]!);
  }
  const held = latest[node]! * nearSlots;
  copied.copyWithin(0, held, held + nearSlots);
  copiedTo.copyWithin(0, held, held + nearSlots);
  literals[0] = literals[node]!;
  latest[0] = 0;
  trellis.price[0] = 0;
  trellis.start += node;
  trellis.furthest = 0;
}

/** A copy or repeat of any size from node 0 on. */
export function takeStep(trellis: Trellis, address: number, size: number, steps: Steps): void {
  addStep(steps, address, size);
  if (address !== repeat) {
    trellis.copied.copyWithin(1, 0, nearSlots - 1);
    trellis.copiedTo.copyWithin(1, 0, nearSlots - 1);
    trellis.copied[0] = address;
    trellis.copiedTo[0] = trellis.start;
  }
  trellis.literals[0] = 0;
  trellis.start += size;
}
