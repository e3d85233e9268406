/** `docs/refmix.md`, "A segment of code" to "Literals": the bytes that a segment's code tells. */
import type { BitReader } from './bits.ts';
import { type Mix, startMixture } from './mixture.ts';
import type { AddressMap, Piece } from './pieces.ts';
import { hash, reference, type Region, type Run, WordMemory } from './words.ts';

export interface MixedSegment {
  readonly target: Uint8Array;
  readonly from: number;
  readonly end: number;
  readonly hasLiterals: boolean;
  readonly pieces: readonly Piece[];
  readonly regions: readonly Region[];
  readonly map: AddressMap;
}

const blockBytes = 128;

export function readMixed(bits: BitReader, segment: MixedSegment): void {
  const reader = new SegmentReader(bits, segment);
  let at = segment.from;
  for (const piece of segment.pieces) {
    const start = Math.max(at, piece.position);
    reader.literals(at, start);
    at = Math.min(segment.end, piece.position + piece.length);
    for (const region of segment.regions) {
      const [from, end] = [Math.max(start, region.from), Math.min(at, region.end)];
      if (from < end) reader.run(from, { end, piece, region });
    }
  }
  reader.literals(at, segment.end);
}

class SegmentReader {
  readonly #segment: MixedSegment;
  readonly #blocks: Mix;
  readonly #events: Mix;
  readonly #choices: Mix;
  readonly #values: Mix;
  readonly #literals: Mix;
  readonly #memory: WordMemory;
  readonly #favourites = new Uint8Array(2 ** 16);
  readonly #record = new Int32Array(8);
  #guesses: number[] = [];
  #changes = 0;
  #quiet = 0;
  #bytes = 0;
  #blockChanges = 0;
  #quietBlocks = 0;
  #pattern = 0;
  #phase = 0;
  #before = 0;

  constructor(bits: BitReader, segment: MixedSegment) {
    this.#segment = segment;
    this.#memory = new WordMemory(segment.map);
    this.#blocks = startMixture(bits, { inputs: 4, counterBits: 16, sets: 128, weight: 20000, limit: 30, inertia: 16 });
    this.#events = startMixture(bits, {
      inputs: 6,
      counterBits: 16,
      sets: 1024,
      weight: 12000,
      limit: 30,
      inertia: 13,
    });
    this.#choices = startMixture(bits, {
      inputs: 6,
      counterBits: 16,
      sets: 128,
      weight: 16000,
      limit: 20,
      inertia: 14,
    });
    this.#values = startMixture(bits, {
      inputs: 8,
      counterBits: 18,
      sets: 4096,
      weight: 12000,
      limit: 20,
      inertia: 13,
    });
    this.#literals = startMixture(bits, {
      inputs: 7,
      counterBits: 20,
      sets: 256,
      weight: 16000,
      limit: 30,
      inertia: 14,
    });
  }

  /** The byte there; 0 outside the segment, or behind `end`. */
  #byte(at: number, end: number = this.#segment.end): number {
    return at >= this.#segment.from && at < end ? this.#segment.target[at]! : 0;
  }

  #word(at: number, end: number): number {
    return [0, 1, 2, 3].reduce((word, nth) => word | (this.#byte(at + nth, end) << (8 * nth)), 0);
  }

  /** Four of them, the last one lowest. */
  #bytesBefore(at: number): number {
    return [1, 2, 3, 4].reduce((all, back) => all | (this.#byte(at - back) << (8 * back - 8)), 0);
  }

  literals(from: number, end: number): void {
    if (from >= end || this.#segment.hasLiterals) return;
    for (let at = from; at < end; at += 1) {
      const last = this.#bytesBefore(at);
      const contexts = [
        hash(0, 1),
        hash(last & 0xff, 2),
        hash(last & 0xffff, 3),
        hash(last & 0xffffff, 4),
        hash(last, 5),
        hash(last, (this.#bytesBefore(at - 4) & 0xffff) + 6),
        hash(last & 0xffffff00, 7),
      ];
      let node = 1;
      while (node < 256) node = 2 * node + this.#literals(slotsOf(contexts, node, 12), node);
      this.#segment.target[at] = node - 256;
    }
    this.#changes = 0;
    this.#bytes = 0;
  }

  run(from: number, run: Run): void {
    for (let at = from; at < run.end;) {
      const end = Math.min(run.end, (Math.floor(at / blockBytes) + 1) * blockBytes);
      const outlook = this.#lookAhead(at, end, run);
      if (this.#isChanged(outlook)) at = this.#changedBlock(at, end, run, outlook.relative);
      else {
        for (const slot of outlook.slots) this.#memory.calm(slot);
        this.#changes = (2 * this.#changes) & 0xffff;
        this.#quiet += end - at;
        this.#bytes = 0;
        at = end;
      }
    }
  }

  #lookAhead(from: number, end: number, run: Run): Outlook {
    const relative: number[] = [];
    const slots: number[] = [];
    let [references, pointers, worst] = [0, 0, 0];
    for (let at = from; at < end; at += 1) {
      const word = this.#word(at, run.end);
      const target = reference(run, at, word);
      const shift = target === undefined ? undefined : this.#segment.map(target);
      const change = shift === undefined ? 0 : (shift - run.piece.shift) | 0;
      relative.push(change);
      if (change !== 0 && isBeforeReference(this.#byte(at - 1), this.#byte(at - 2))) references += 1;
      const restless = this.#memory.restless(word);
      if (restless !== undefined) slots.push(restless.slot);
      worst = Math.max(worst, restless?.unrest ?? 0);
      if (at % 4 === 0 && word !== 0 && (this.#segment.map(word) ?? 0) !== 0) pointers += 1;
    }
    const unrest = worst === 0 ? 0 : worst < 3 ? 1 : worst < 7 ? 2 : 3;
    const number = Math.min(references, 3) + 4 * Math.min(pointers, 3) + 16 * unrest;
    return { number, relative, slots, worst };
  }

  #isChanged({ number, slots, worst }: Outlook): boolean {
    const changes = this.#blockChanges;
    const quiet = Math.min(this.#quietBlocks, 255);
    const contexts = [
      (changes & 255) | ((number & 15) << 8),
      (changes & 15) | (quiet << 4) | ((number & 3) === 0 ? 0 : 0x1000) | ((number & 12) === 0 ? 0 : 0x2000),
      hash(Math.min(slots.length, 3) | (worst << 2) | ((changes & 255) << 6), 7) >>> 16,
      number | ((changes & 3) << 6) | (this.#quietBlocks > 64 ? 256 : 0),
    ];
    const bit = this.#blocks(contexts, 2 * number + (changes & 1));
    this.#blockChanges = (2 * changes + bit) & 0xffff;
    this.#quietBlocks = bit === 1 ? 0 : this.#quietBlocks + 1;
    return bit === 1;
  }

  /** Returns where the next block begins. */
  #changedBlock(from: number, end: number, run: Run, relative: readonly number[]): number {
    let at = from;
    while (at < end) {
      const word = this.#word(at, run.end);
      const isWhole = at + 4 <= run.end;
      this.#before = this.#bytesBefore(at);
      this.#phase = (at - run.region.from) % run.region.stride;
      this.#guesses = isWhole ? this.#memory.guesses(at, word, run, relative[at - from]!) : [0, 0, 0, 0, 0, 0, 0, 0];
      const [seen, byMap, absolute, anchored, alike] = this.#guesses.map((guess) => (guess === 0 ? 0 : 1));
      this.#pattern = byMap! | (absolute! << 1) | (seen! << 2) | (anchored! << 3) | (alike! << 4);
      const event = this.#event(word);
      this.#memory.learnUnrest(word, event);
      at += event === 1 ? this.#change(at, word, isWhole, run) : this.#pass();
    }
    return at;
  }

  #pass(): number {
    this.#changes = (2 * this.#changes) & 0xffff;
    this.#quiet += 1;
    this.#bytes <<= 8;
    return 1;
  }

  #event(word: number): number {
    const [before, pattern, changes, phase] = [this.#before, this.#pattern, this.#changes, this.#phase];
    const isRelative = pattern & 1;
    const isSeen = (pattern >> 2) & 1;
    const contexts = [
      hash((before & 0xffffff) | (isRelative << 24) | (isSeen << 25), 2) >>> 16,
      (Math.min(this.#quiet, 255) << 8) | (changes & 255),
      hash((before & 255) | (pattern << 8) | (phase << 16), 5) >>> 16,
      hash(pattern | ((changes & 255) << 8) | (phase << 16), 6) >>> 16,
      hash((before & 0xffff) | (pattern << 16), 7) >>> 16,
      hash(word, 8 + isRelative) >>> 16,
    ];
    return this.#events(contexts, pattern | ((phase & 3) << 5) | ((changes & 1) << 7) | (this.#quiet < 4 ? 256 : 0));
  }

  #change(at: number, word: number, isWhole: boolean, run: Run): number {
    const kind = isWhole ? this.#chooseGuess() : -1;
    const { target } = this.#segment;
    if (kind < 0) {
      const count = Math.min(4, run.end - at);
      for (let nth = 0; nth < count; nth += 1) this.#changedByte(at + nth, nth, word);
      if (count === 4) this.#memory.learnWord(at, word, (this.#word(at, run.end) - word) | 0, kind, run);
      return count;
    }
    const change = this.#guesses[kind]!;
    for (let nth = 0; nth < 4; nth += 1) target[at + nth] = (word + change) >> (8 * nth);
    this.#memory.learnWord(at, word, change, kind, run);
    this.#changes = ((this.#changes << 4) | 8) & 0xffff;
    this.#quiet = 0;
    this.#bytes = [0, 1, 2, 3].reduce((all, nth) => (all << 8) | ((change >> (8 * nth)) & 255), 0);
    return 4;
  }

  /** The kind of the guess that is right, -1 when none is. */
  #chooseGuess(): number {
    const group = hash(this.#before & 0xffffff, 3) >>> 16;
    const asked = new Set([0]);
    for (const kind of [this.#favourites[group]!, 0, 1, 2, 3, 4, 5, 6, 7]) {
      const guess = this.#guesses[kind]!;
      if (asked.has(guess)) continue;
      const bit = this.#choice(kind, guess, Math.min(asked.size - 1, 3), group);
      asked.add(guess);
      this.#record[kind] = (this.#record[kind]! << 1) | bit;
      if (bit === 0) continue;
      this.#favourites[group] = kind;
      return kind;
    }
    return -1;
  }

  #choice(kind: number, guess: number, tries: number, group: number): number {
    const [before, pattern, phase, record] = [this.#before, this.#pattern, this.#phase, this.#record[kind]!];
    const contexts = [
      (kind << 8) | (record & 255),
      kind | (pattern << 3) | (tries << 8) | (phase << 10),
      hash((before & 0xffff) | (kind << 16), 1) >>> 16,
      hash(kind | (tries << 3), group) >>> 16,
      hash(guess, kind) >>> 16,
      hash((before & 255) | (kind << 8) | (phase << 12) | (pattern << 17), kind) >>> 16,
    ];
    return this.#choices(contexts, 16 * kind + 4 * tries + (record & 3));
  }

  #changedByte(at: number, nth: number, word: number): void {
    const { target } = this.#segment;
    const old = target[at]!;
    const hint = (kind: number): number => (((word + this.#guesses[kind]!) >> (8 * nth)) - old) & 255;
    const hints = { latest: hint(5), earlier: hint(6), relative: hint(1), absolute: hint(2) };
    const changed = nth === 0 ? 1 : this.#whether(at, nth, old, hints);
    this.#changes = (2 * this.#changes + changed) & 0xffff;
    this.#quiet = changed === 1 ? 0 : this.#quiet + 1;
    const change = changed === 1 ? this.#value(at, nth, old, hints) : 0;
    target[at] = old + change;
    this.#bytes = (this.#bytes << 8) | change;
  }

  #whether(at: number, nth: number, old: number, { latest, earlier, relative, absolute }: Hints): number {
    const [changes, b1] = [this.#changes, this.#byte(at - 1)];
    const alike = [latest, earlier, relative, absolute].reduce(
      (all, hint, bit) => all | (hint === 0 ? 0 : 1 << bit),
      0,
    );
    const lastChange = this.#bytes & 255;
    const top = nth << 26;
    const contexts = [
      hash(b1 | (this.#byte(at - 2) << 8) | (this.#byte(at - 3) << 16) | top, 13) >>> 16,
      hash((changes & 15) | (lastChange << 8) | (old << 16) | top, 14) >>> 16,
      hash((this.#before & 0xffff) | (this.#pattern << 16) | top, 15) >>> 16,
      hash(alike | (lastChange << 8) | top, 16) >>> 16,
      hash((this.#bytes & 0xffff) | top, 17) >>> 16,
      hash(b1 | (lastChange << 8) | top, 18) >>> 16,
    ];
    const flags = ((alike & 1) << 4) | (((alike >> 2) & 1) << 5);
    return this.#events(contexts, 512 + (nth | ((changes & 3) << 2) | flags | ((this.#phase & 3) << 6)));
  }

  #value(at: number, nth: number, old: number, { latest, earlier, relative, absolute }: Hints): number {
    const b1 = this.#byte(at - 1);
    const contexts = [
      hash(old | ((this.#bytes & 255) << 8), 20 + nth),
      hash(latest | (nth << 8), 30),
      hash(b1 | (this.#byte(at - 2) << 8) | (this.#byte(at - 3) << 16), 40 + nth),
      hash(this.#bytes, 50),
      hash(relative | (nth << 8) | (this.#guesses[1] === 0 ? 0 : 0x1000), 60),
      hash(absolute | (nth << 8) | (this.#guesses[2] === 0 ? 0 : 0x1000), 70),
      hash(old | (b1 << 8), 80 + nth),
      hash(earlier | ((this.#before & 255) << 8) | (nth << 16), 90),
    ];
    const set = 256 * (4 * nth + (relative === 0 ? 0 : 1) + (latest === 0 ? 0 : 2));
    let node = 1;
    while (node < 256) node = 2 * node + this.#values(slotsOf(contexts, node, 14), set + node);
    return node - 256;
  }
}

interface Outlook {
  readonly number: number;
  readonly relative: readonly number[];
  readonly slots: readonly number[];
  readonly worst: number;
}

interface Hints {
  readonly latest: number;
  readonly earlier: number;
  readonly relative: number;
  readonly absolute: number;
}

/** Of a byte that is read bit by bit: `node` is what was read of it, behind a 1. */
function slotsOf(contexts: readonly number[], node: number, dropped: number): number[] {
  return contexts.map((context) => ((context + Math.imul(node, 0x9e3779b1)) >>> 0) >>> dropped);
}

function isBeforeReference(b1: number, b2: number): boolean {
  return b1 === 0xe8 || b1 === 0xe9 || (b1 & 0xc7) === 5 || (b2 === 0x0f && (b1 & 0xf0) === 0x80);
}
