/** How long a node may give no answer, or say that it cannot now: it is tried again with growing pauses. */
import type { Line } from '../line/line.ts';
import type { Turn } from '../line/turn.ts';
import type { Now } from '../now.ts';

const shortestRetryMs = 250;
const longestRetryMs = 5000;

export class Patience {
  readonly #line: Line;
  readonly #patienceMs: number;

  constructor(line: Line, patienceMs: number) {
    this.#line = line;
    this.#patienceMs = patienceMs;
  }

  /** Parks a turn in hand for another try, not before `afterMs`; false, and nothing happens, when patience is over by then. */
  again(turn: Turn, why: 'silentSinceMs' | 'refusedSinceMs', { steadyMs }: Now, afterMs = 0): boolean {
    const sinceMs = (turn[why] ??= steadyMs);
    if (steadyMs + afterMs - sinceMs >= this.#patienceMs) return false;
    const pauseMs = Math.min(longestRetryMs, shortestRetryMs * 2 ** Math.min(turn.attempts, 10));
    turn.attempts += 1;
    this.#line.park(turn, steadyMs + Math.max(pauseMs, afterMs));
    return true;
  }
}
