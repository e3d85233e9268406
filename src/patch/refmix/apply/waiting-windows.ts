/**
 * The windows of one segment between whoever makes them and whoever takes them. While the segments before it are at
 * work they are kept, up to a limit, and the segment rests there; when its turn comes it runs on.
 */
import { type KeptWindow, keptBytes } from './kept-window.ts';

/** A segment that was made beside another one may wait with so much: half of the largest target. */
const mostAheadBytes = 80 * 2 ** 20;
/** Whose turn it is stays so far before the one who takes. */
const mostTakenBytes = 2 ** 21;

export class WaitingWindows {
  readonly #kept: KeptWindow[] = [];
  #keptBytes = 0;
  #isTaken = false;
  #isClosed = false;
  #error: unknown;
  #change = Promise.withResolvers<void>();
  readonly #made: Promise<void>;
  #isMade = false;

  constructor(windows: AsyncIterable<KeptWindow>) {
    this.#made = this.#run(windows);
  }

  /** All in order, once. Throws what making them throws. */
  async *take(): AsyncGenerator<KeptWindow> {
    this.#isTaken = true;
    this.#wake();
    for (;;) {
      const window = this.#kept.shift();
      if (window !== undefined) {
        this.#keptBytes -= keptBytes(window);
        this.#wake();
        yield window;
      } else if (!this.#isMade) await this.#change.promise;
      else if (this.#error !== undefined) throw this.#error;
      else return;
    }
  }

  /** No more is made; returns when nothing is at work. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    await this.#made;
  }

  async #run(windows: AsyncIterable<KeptWindow>): Promise<void> {
    try {
      for await (const window of windows) {
        this.#kept.push(window);
        this.#keptBytes += keptBytes(window);
        this.#wake();
        while (!this.#isClosed && this.#keptBytes > (this.#isTaken ? mostTakenBytes : mostAheadBytes))
          await this.#change.promise;
        if (this.#isClosed) break;
      }
    } catch (error) {
      this.#error = error;
    }
    this.#isMade = true;
    this.#wake();
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
