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

  /** Parks a turn in hand for another try; false, and nothing happens, when patience is over. */
  again(turn: Turn, why: 'silentSinceMs' | 'refusedSinceMs', { steadyMs }: Now): boolean {
    const sinceMs = (turn[why] ??= steadyMs);
    if (steadyMs - sinceMs >= this.#patienceMs) return false;
    const delayMs = Math.min(longestRetryMs, shortestRetryMs * 2 ** Math.min(turn.attempts, 10));
    turn.attempts += 1;
    this.#line.park(turn, steadyMs + delayMs);
    return true;
  }
}
