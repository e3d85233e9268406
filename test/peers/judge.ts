import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Question, Verdict } from './verdict.ts';

const limitMs = 30_000;

/** Asks peers in a thread of its own, which is stopped where one does not end. */
export class Judge {
  #thread: Worker | undefined;

  async ask(peer: number, question: Question): Promise<Verdict> {
    this.#thread ??= new Worker(new URL('judge-thread.ts', import.meta.url));
    const answer = once(this.#thread, 'message', { signal: AbortSignal.timeout(limitMs) });
    this.#thread.postMessage({ peer, question }, []);
    try {
      const [verdict] = (await answer) as [Verdict];
      return verdict;
    } catch (error) {
      await this.close();
      if (error instanceof Error && error.name === 'AbortError') return 'endless';
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
    this.#thread = undefined;
  }
}
