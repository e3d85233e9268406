/**
 * How many may be at work at once, in all and for each host, and who is next: the one with the lowest rank among those
 * whose host has room. Each delivery has a rank of its own, which what it needs shares.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { Heap } from '../../../kernel/heap.ts';

export interface Lanes {
  /** Resolves when there is room; what it resolves to gives the room back, once. CANCELLED when the signal aborts. */
  enter(rank: number, host: string, signal: AbortSignal): Promise<() => void>;
  /** Nobody else enters the lanes of a host until what this returns is called, once. Who is in stays in. */
  close(host: string): () => void;
}

export interface LaneLimits {
  readonly total: number;
  /** Of one host. What has no host ('') shares nothing but the total. */
  readonly perHost: number;
}

interface Waiter {
  readonly rank: number;
  /** undefined once it has left or entered. */
  enter: (() => void) | undefined;
}

export function createLanes({ total, perHost }: LaneLimits): Lanes {
  const waiting = new Map<string, Heap<Waiter>>();
  const busy = new Map<string, number>();
  const closed = new Map<string, number>();
  let busyInAll = 0;

  const hasRoom = (host: string): boolean =>
    (closed.get(host) ?? 0) === 0 && (host === '' || (busy.get(host) ?? 0) < perHost);
  const admit = (): void => {
    while (busyInAll < total) {
      const next = lowest(waiting, hasRoom);
      if (next === undefined) return;
      busyInAll += 1;
      count(busy, next.host, 1);
      next.enter();
    }
  };
  const leave = (host: string): void => {
    busyInAll -= 1;
    count(busy, host, -1);
    admit();
  };
  return {
    close(host) {
      count(closed, host, 1);
      return once(() => {
        count(closed, host, -1);
        admit();
      });
    },
    enter(rank, host, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(cancelled());
          return;
        }
        const giveUp = (): void => {
          waiter.enter = undefined;
          reject(cancelled());
        };
        const waiter: Waiter = {
          rank,
          enter: () => {
            signal.removeEventListener('abort', giveUp);
            resolve(once(() => leave(host)));
          },
        };
        signal.addEventListener('abort', giveUp, { once: true });
        let queue = waiting.get(host);
        if (queue === undefined) waiting.set(host, (queue = new Heap((a, b) => a.rank - b.rank)));
        queue.push(waiter);
        admit();
      });
    },
  };
}

/** Taken out of its queue; who gave up meanwhile is dropped on the way. */
function lowest(
  waiting: ReadonlyMap<string, Heap<Waiter>>,
  hasRoom: (host: string) => boolean,
): { readonly host: string; readonly enter: () => void } | undefined {
  let best: { readonly host: string; readonly queue: Heap<Waiter>; readonly rank: number } | undefined;
  for (const [host, queue] of waiting) {
    while (queue.size > 0 && queue.peek()!.enter === undefined) queue.pop();
    const first = queue.peek();
    if (first === undefined || !hasRoom(host)) continue;
    if (best === undefined || first.rank < best.rank) best = { host, queue, rank: first.rank };
  }
  const enter = best?.queue.pop()?.enter;
  return best === undefined || enter === undefined ? undefined : { host: best.host, enter };
}

function count(counts: Map<string, number>, host: string, by: number): void {
  counts.set(host, (counts.get(host) ?? 0) + by);
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}

function cancelled(): ThemisError {
  return new ThemisError('CANCELLED', 'The delivery was cancelled.');
}
