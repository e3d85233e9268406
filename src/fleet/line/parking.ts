/**
 * Turns that wait for something else than others of the line: for another try, counted in steady time, or for what
 * their tenants allow, by the calendar. A turn that left in the meantime is passed over when its time comes.
 */
import { Heap } from '../../kernel/heap.ts';
import type { Now } from '../now.ts';
import type { Bar, Turn } from './turn.ts';

export interface Parked {
  readonly turn: Turn;
  /** Steady for another try, of the calendar for a window. */
  readonly untilMs: number;
}

export class Parking {
  #tries = byInstant();
  #windows = byInstant();
  /** Every turn that its tenants hold back. */
  #barred = new Set<Turn>();

  forAnotherTry(turn: Turn, untilMs: number): void {
    turn.place = 'parked';
    turn.bar = null;
    this.#tries.push({ turn, untilMs });
  }

  forTenants(turn: Turn, bar: Bar): void {
    turn.place = 'parked';
    turn.bar = bar;
    this.#barred.add(turn);
    if (bar.on === 'window') this.#windows.push({ turn, untilMs: bar.untilMs });
  }

  /** Turns to look at again now. */
  takeDue({ nowMs, steadyMs }: Now): Turn[] {
    const due: Turn[] = [];
    for (let next = this.nextTry(); next !== undefined && next.untilMs <= steadyMs; next = this.nextTry()) {
      this.#tries.pop();
      due.push(unpark(next.turn));
    }
    for (let next = this.nextWindow(); next !== undefined && next.untilMs <= nowMs; next = this.nextWindow()) {
      this.#windows.pop();
      this.#barred.delete(next.turn);
      due.push(unpark(next.turn));
    }
    return due;
  }

  /** Every turn that tenants hold back: what they allow has changed. */
  takeBarred(): Turn[] {
    const turns = [...this.#barred].filter(isBarred).map(unpark);
    this.#barred = new Set();
    this.#windows = byInstant();
    return turns;
  }

  /** The turn that is tried again first. */
  nextTry(): Parked | undefined {
    return firstOf(this.#tries, ({ turn }) => turn.place === 'parked' && turn.bar === null);
  }

  /** The turn whose window opens first. */
  nextWindow(): Parked | undefined {
    return firstOf(
      this.#windows,
      ({ turn, untilMs }) => turn.place === 'parked' && turn.bar?.on === 'window' && turn.bar.untilMs === untilMs,
    );
  }

  /** One that only a person can free, or that nothing can, if there is one. */
  barredBy(on: 'consent' | 'never'): Turn | undefined {
    for (const turn of this.#barred) {
      if (!isBarred(turn)) this.#barred.delete(turn);
      else if (turn.bar?.on === on) return turn;
    }
    return undefined;
  }
}

function isBarred(turn: Turn): boolean {
  return turn.place === 'parked' && turn.bar !== null;
}

function unpark(turn: Turn): Turn {
  turn.place = 'pending';
  turn.bar = null;
  return turn;
}

function byInstant(): Heap<Parked> {
  return new Heap<Parked>((a, b) => a.untilMs - b.untilMs || a.turn.priority - b.turn.priority);
}

function firstOf(heap: Heap<Parked>, counts: (parked: Parked) => boolean): Parked | undefined {
  for (let next = heap.peek(); next !== undefined; next = heap.peek()) {
    if (counts(next)) return next;
    heap.pop();
  }
  return undefined;
}
