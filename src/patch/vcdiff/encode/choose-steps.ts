/**
 * Chooses the steps that make a window, for the lowest price: the way of least cost through the next few thousand
 * places, where literals, repeats and copies of every useful length lead from one to another. A match that is long enough
 * is taken at once. Deterministic; time is bounded by the depth of chains per place.
 */
import { nearSlots } from '../format/code-table.ts';
import {
  addMatch,
  createMatches,
  findMatches,
  type MatchFinder,
  type Matches,
  matchLength,
  niceLength,
  shortestCopy,
} from './match-finder.ts';
import { digitsOf, type Prices } from './prices.ts';
import { literal, repeat, type Steps } from './steps.ts';
import { createTrellis, mostNodes, reach, settle, startWindow, takeStep, takeWay, type Trellis } from './trellis.ts';
import { enterWindow, indexWindow, skipIndexing } from './window-index.ts';

export interface Chooser {
  readonly finder: MatchFinder;
  readonly prices: Prices;
  readonly trellis: Trellis;
  readonly matches: Matches;
  /** Addresses as the same cache would hold them. */
  readonly same: Int32Array;
  /** By distance back: a diagonal that was measured, and where its match ends. */
  readonly diagonals: Int32Array;
  readonly diagonalEnds: Int32Array;
}

/** A match this long is not searched for a better one. */
const quietLength = 24;
/** Of so many bytes ahead so many the same: the base is followed, and nothing else of it is looked for. */
const aheadBytes = 32;
const aheadSame = 20;
/** Behind a long copy only so much of the window can be found again; all of it can be found in the base. */
const indexedTail = 512;
/** Ways are taken at places that all of them pass, but not for every byte. */
const fewNodes = 32;
const sameSize = 768;
const diagonalSlots = 64;

export function createChooser(finder: MatchFinder, prices: Prices): Chooser {
  return {
    finder,
    prices,
    trellis: createTrellis(),
    matches: createMatches(),
    same: new Int32Array(sameSize),
    diagonals: new Int32Array(diagonalSlots),
    diagonalEnds: new Int32Array(diagonalSlots),
  };
}

export function chooseSteps(chooser: Chooser, start: number, end: number, steps: Steps): void {
  const { finder, trellis } = chooser;
  enterWindow(finder.inWindow, start, end);
  startWindow(trellis, start);
  chooser.same.fill(0);
  chooser.diagonalEnds.fill(-1);
  steps.count = 0;
  while (trellis.start < end) {
    const from = trellis.start;
    const known = steps.count;
    chooseSome(chooser, end, steps);
    rememberSame(chooser, steps, known);
    if (trellis.start - from > 2 * indexedTail) skipIndexing(finder.inWindow, trellis.start - indexedTail);
  }
}

function rememberSame({ same }: Chooser, { addresses, count }: Steps, from: number): void {
  for (let step = from; step < count; step += 1) {
    const address = addresses[step]!;
    if (address >= 0) same[address % sameSize] = address;
  }
}

function chooseSome(chooser: Chooser, end: number, steps: Steps): void {
  const { finder, trellis, matches } = chooser;
  for (let node = 0; ; node += 1) {
    const at = trellis.start + node;
    if (node > 0) {
      settle(trellis, node);
      if (at === end || node === mostNodes || (node >= fewNodes && node === trellis.furthest)) {
        takeWay(trellis, node, steps);
        return;
      }
    }
    indexWindow(finder.inWindow, finder.target, at);
    matches.count = 0;
    const longest = followLatest(chooser, node, at);
    if (longest < quietLength) findMatches(finder, at, !followsBase(chooser, node, at), matches);
    const nice = leadOn(chooser, node, at);
    if (nice !== undefined) {
      takeWay(trellis, node, steps);
      takeStep(trellis, nice, wholeLength(finder, nice, at), steps);
      return;
    }
  }
}

/** Matches on the diagonals of the latest copies: what was changed in place goes on there. Returns the longest. */
function followLatest(
  { finder, trellis, matches, diagonals, diagonalEnds }: Chooser,
  node: number,
  at: number,
): number {
  const { copied, copiedTo, latest } = trellis;
  const baseBytes = finder.base.length;
  const here = baseBytes + at - finder.inWindow.start;
  const held = latest[node]! * nearSlots;
  let longest = 0;
  for (let slot = held; slot < held + nearSlots; slot += 1) {
    const address = copied[slot]! + at - copiedTo[slot]!;
    if (address >= here || (address >= baseBytes && copied[slot]! < baseBytes)) continue;
    const back = here - address;
    const known = back % diagonalSlots;
    let length = diagonals[known] === back ? diagonalEnds[known]! - at : 0;
    if (length <= 0) {
      length = matchLength(finder, address, at, niceLength);
      if (length < niceLength) {
        diagonals[known] = back;
        diagonalEnds[known] = at + length;
      }
    }
    if (length < shortestCopy) continue;
    addMatch(matches, address, length);
    longest = Math.max(longest, length);
  }
  return longest;
}

/** The latest copy from the base goes on to fit, but for single bytes. */
function followsBase({ finder, trellis }: Chooser, node: number, at: number): boolean {
  const { base, target, inWindow } = finder;
  const { copied, copiedTo, latest } = trellis;
  const held = latest[node]! * nearSlots;
  for (let slot = held; slot < held + nearSlots; slot += 1) {
    if (copied[slot]! >= base.length || copiedTo[slot] === inWindow.start) continue;
    const from = copied[slot]! + at - copiedTo[slot]!;
    const most = Math.min(aheadBytes, inWindow.end - at, base.length - from);
    let equal = 0;
    for (let ahead = 0; ahead < most; ahead += 1) if (base[from + ahead] === target[at + ahead]) equal += 1;
    return equal >= aheadSame;
  }
  return false;
}

/** Everything that leads on from a node. A match of nice length is returned instead, the one with the cheapest address. */
function leadOn(chooser: Chooser, node: number, at: number): number | undefined {
  const { prices, trellis, matches, finder } = chooser;
  const price = trellis.price[node]!;
  const before = trellis.literals[node]!;
  const begins = before === 0 ? prices.add : before === 17 ? prices.size : 0;
  reach(trellis, node, 1, literal, price + prices.literal + begins);
  let nice: number | undefined;
  let nicePrice = 0;
  const repeated = repeatLength(finder, at, niceLength);
  if (repeated >= niceLength) {
    nice = repeat;
    nicePrice = prices.repeat;
  } else if (repeated >= shortestCopy) reach(trellis, node, repeated, repeat, price + prices.repeat);
  for (let match = 0; match < matches.count; match += 1) {
    const address = matches.addresses[match]!;
    const length = matches.lengths[match]!;
    const addressPrice = priceOf(chooser, node, at, address);
    if (length < niceLength) copyOn(chooser, node, address, length, price + addressPrice);
    else if (nice === undefined || prices.copy + prices.size + addressPrice < nicePrice) {
      nice = address;
      nicePrice = prices.copy + prices.size + addressPrice;
    }
  }
  return nice;
}

/** Every length down to the shortest; of a longer match only the last few, the others are no better than more of it. */
function copyOn({ prices, trellis }: Chooser, node: number, address: number, length: number, price: number): void {
  const before = trellis.literals[node]!;
  const joined = before >= 1 && before <= 4 ? prices.joined : 0;
  for (let size = length > 40 ? length - 4 : shortestCopy; size <= length; size += 1) {
    const opcode = prices.copy + (size > 18 ? prices.size : size <= 6 ? -joined : 0);
    reach(trellis, node, size, address, price + opcode);
  }
}

/** Of an address, by the cheapest mode. */
function priceOf({ finder, prices, trellis, same }: Chooser, node: number, at: number, address: number): number {
  if (same[address % sameSize] === address) return prices.address[0];
  const here = finder.base.length + at - finder.inWindow.start;
  let digits = digitsOf(Math.min(address, here - address));
  const held = trellis.latest[node]! * nearSlots;
  for (let slot = held; slot < held + nearSlots; slot += 1) {
    const beyond = address - trellis.copied[slot]!;
    if (beyond >= 0) digits = Math.min(digits, digitsOf(beyond));
  }
  return prices.address[digits]!;
}

function repeatLength({ target, inWindow }: MatchFinder, at: number, limit: number): number {
  const byte = target[at];
  const most = Math.min(limit, inWindow.end - at);
  let length = 1;
  while (length < most && target[at + length] === byte) length += 1;
  return length;
}

function wholeLength(finder: MatchFinder, address: number, at: number): number {
  const most = finder.inWindow.end - at;
  return address === repeat ? repeatLength(finder, at, most) : matchLength(finder, address, at, most);
}
