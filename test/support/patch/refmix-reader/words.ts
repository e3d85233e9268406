/** `docs/refmix.md`, "A segment of code", "Guesses" and "Bytes of a block that changed": what a segment learns of words. */
import type { AddressMap, Piece } from './pieces.ts';

export interface Region {
  readonly from: number;
  readonly end: number;
  readonly stride: number;
  readonly anchor: number;
  readonly anchorShift: number;
}

/** A piece, or what of it lies in one region. */
export interface Run {
  readonly end: number;
  readonly piece: Piece;
  readonly region: Region;
}

export function hash(a: number, b: number): number {
  return Math.imul(Math.imul(a, 0x9e3779b1) ^ Math.imul((b + 0x7f4a7c15) | 0, 0x85ebca6b), 0xc2b2ae35) >>> 0;
}

/** What the word would refer to; undefined where there are no addresses. */
export function reference({ piece }: Run, at: number, word: number): number | undefined {
  return piece.address === undefined ? undefined : (piece.address + at - piece.position + 4 + word) | 0;
}

export class WordMemory {
  readonly #map: AddressMap;
  readonly #moves = { address: new Int32Array(2 ** 14), shift: new Int32Array(2 ** 14) };
  readonly #words = { upper: new Int32Array(2 ** 13), change: new Int32Array(2 ** 13) };
  readonly #restless = { word: new Int32Array(2 ** 13), unrest: new Uint8Array(2 ** 13) };
  #deltas = [0, 0, 0];

  constructor(map: AddressMap) {
    this.#map = map;
  }

  /** Of each kind; 0: none. */
  guesses(at: number, word: number, run: Run, relative: number): number[] {
    const { piece, region } = run;
    const target = reference(run, at, word);
    const seen = target === undefined ? undefined : this.#moveOf(target);
    const anchored = region.anchor === 0 ? undefined : this.#map((region.anchor + word) | 0);
    const slot = hash(word >> 6, 2) >>> 19;
    return [
      seen === undefined ? 0 : (seen - piece.shift) | 0,
      relative,
      (word === 0 ? undefined : this.#moveOf(word)) ?? this.#map(word) ?? 0,
      anchored === undefined ? 0 : (anchored - region.anchorShift) | 0,
      this.#words.upper[slot] === word >> 6 ? this.#words.change[slot]! : 0,
      ...this.#deltas,
    ];
  }

  learnWord(at: number, word: number, change: number, kind: number, run: Run): void {
    const [one, two, three] = this.#deltas as [number, number, number];
    if (change !== one) this.#deltas = [change, one, change === two ? three : two];
    const target = reference(run, at, word);
    if (target !== undefined) this.#learnMove(target, (change + run.piece.shift) | 0);
    const slot = hash(word >> 6, 2) >>> 19;
    this.#words.upper[slot] = word >> 6;
    this.#words.change[slot] = change;
    if (kind === 2 || kind >= 4) this.#learnMove(word, change);
  }

  /** The entry of a restless word; undefined: it is none. */
  restless(word: number): { readonly slot: number; readonly unrest: number } | undefined {
    const slot = hash(word, 4) >>> 19;
    const isThere = word !== 0 && this.#restless.word[slot] === word;
    return isThere ? { slot, unrest: this.#restless.unrest[slot]! } : undefined;
  }

  learnUnrest(word: number, event: number): void {
    if (word === 0) return;
    const slot = hash(word, 4) >>> 19;
    const { word: words, unrest } = this.#restless;
    const isThere = words[slot] === word;
    if (isThere && event === 1) unrest[slot] = Math.min(15, unrest[slot]! + 2);
    else if (isThere || (event === 1 && unrest[slot]! > 2)) this.calm(slot);
    else if (event === 1) {
      words[slot] = word;
      unrest[slot] = 1;
    }
  }

  calm(slot: number): void {
    this.#restless.unrest[slot] = Math.max(0, this.#restless.unrest[slot]! - 1);
  }

  #moveOf(address: number): number | undefined {
    const slot = hash(address, 1) >>> 18;
    return this.#moves.address[slot] === address ? this.#moves.shift[slot]! : undefined;
  }

  #learnMove(address: number, shift: number): void {
    const slot = hash(address, 1) >>> 18;
    this.#moves.address[slot] = address;
    this.#moves.shift[slot] = shift;
  }
}
