/** What a segment needs while it is made true: a window of the target, a model, and where both stand. */
import { sizesOf } from '../packed.ts';
import { fillFromBase } from '../fill-from-base.ts';
import { modelBytes } from '../model.ts';
import { blockBytes, type History } from '../walk.ts';
import type { DecodedPart, DecodeTask } from './decode-part.ts';
import { type PlacedSegment, type Target, windowBytes } from './window.ts';

/** Before and behind the window: more than the model looks back, or a word reaches over. A multiple of `blockBytes`. */
const margin = blockBytes;
/** So much code goes along with a part of the work. */
const codeBytes = 2 ** 16;

export type Decode = (task: DecodeTask, moves: readonly ArrayBuffer[]) => Promise<DecodedPart>;

export class SegmentWork {
  readonly #target: Target;
  readonly #segment: PlacedSegment;
  readonly #mixesLiterals: boolean;
  #window = new ArrayBuffer(margin + windowBytes + margin);
  #model: ArrayBuffer;
  #start: number | undefined;
  /** All before it is true. */
  #at: number;
  #history: History | undefined;
  /** Bytes of code. */
  #read = 0;

  constructor(target: Target, segment: PlacedSegment) {
    const { from, end, method } = segment;
    this.#target = target;
    this.#segment = segment;
    this.#mixesLiterals = method === 'mixed' && sizesOf({ ...target, from, to: end }).literals > 0;
    this.#model = new ArrayBuffer(method === 'packed' ? 0 : modelBytes(this.#mixesLiterals));
    this.#at = from;
  }

  get readBytes(): number {
    return this.#read;
  }

  /** From where the window begins; zeros where there is nothing of the segment. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#window, margin, windowBytes);
  }

  /** To the first window, or from one to the next, of which all is laid out that is not true already. */
  moveTo(start: number): void {
    const { from, end } = this.#segment;
    const bytes = new Uint8Array(this.#window);
    this.#at = Math.max(this.#at, start);
    const known = this.#start === undefined ? [] : bytes.slice(windowBytes, windowBytes + margin + this.#at - start);
    const origin = start - margin;
    bytes.fill(0);
    fillFromBase(this.#target, bytes, origin, Math.max(from, start), Math.min(end, start + windowBytes + margin));
    bytes.set(known);
    this.#start = start;
  }

  async decodeTo(until: number, decode: Decode): Promise<void> {
    const { pieces, map, regions } = this.#target;
    const { from, end, code } = this.#segment;
    while (this.#at < until) {
      const [model, window] = [this.#model, this.#window];
      const part = await decode(
        {
          model,
          mixesLiterals: this.#mixesLiterals,
          window,
          origin: this.#start! - margin,
          from,
          to: end,
          at: this.#at,
          until,
          history: this.#history,
          // `slice` of a Buffer would take all of the patch along.
          code: new Uint8Array(code.subarray(this.#read, this.#read + codeBytes)),
          isLastCode: this.#read + codeBytes >= code.length,
          pieces,
          map,
          regions,
        },
        [model, window],
      );
      ({ model: this.#model, window: this.#window, at: this.#at, history: this.#history } = part);
      this.#read += part.read;
    }
  }

  /** At once, not when somebody looks for garbage. */
  free(): void {
    for (const buffer of [this.#model, this.#window]) if (!buffer.detached) buffer.transfer(0);
  }
}
