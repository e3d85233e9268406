/**
 * Reads ahead: while a batch is being written the next chunks come in, as many as memory allows. Small chunks are
 * gathered, since each write costs as much as a large one. What has come is written even when the source then fails, so
 * that a resumed transfer has it.
 */
import type { Memory } from './memory.ts';

export interface PumpLimits {
  readonly memory: Memory;
  /** How far ahead one transfer may be. */
  readonly aheadBytes: number;
  /** What is worth a write of its own. */
  readonly batchBytes: number;
  /** Of the source: aborted when nobody wants its items any more. */
  readonly stop: AbortController;
}

/** Rejects with what the sink or else the source threw, after both have ended. */
export async function pump<Item>(
  items: AsyncIterable<Item>,
  sizeOf: (item: Item) => number,
  sink: (batch: readonly Item[]) => Promise<void>,
  limits: PumpLimits,
): Promise<void> {
  const { stop } = limits;
  const queue = createQueue(sizeOf, limits);
  const failed = fill(queue, items).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  try {
    for (;;) {
      const batch = await queue.next();
      if (batch === null) break;
      await sink(batch).finally(() => queue.give(batch));
    }
  } catch (error) {
    stop.abort();
    queue.wake();
    await failed;
    throw error;
  } finally {
    queue.clear();
  }
  const failure = await failed;
  if (failure !== undefined) throw failure.error;
}

async function fill<Item>(queue: Queue<Item>, items: AsyncIterable<Item>): Promise<void> {
  try {
    for await (const item of items) await queue.add(item);
  } finally {
    queue.end();
  }
}

type Queue<Item> = ReturnType<typeof createQueue<Item>>;

function createQueue<Item>(sizeOf: (item: Item) => number, { memory, aheadBytes, batchBytes, stop }: PumpLimits) {
  let items: Item[] = [];
  let heldBytes = 0;
  /** Nothing more comes before something is written. */
  let isHeldUp = false;
  let ended = false;
  let more = Promise.withResolvers<void>();
  let room = Promise.withResolvers<void>();
  const give = (batch: readonly Item[]): void => {
    const bytes = batch.reduce((sum, item) => sum + sizeOf(item), 0);
    heldBytes -= bytes;
    memory.give(bytes);
    room.resolve();
  };
  const holdUp = (): void => {
    isHeldUp = true;
    more.resolve();
  };
  return {
    /** Resolves when there is room for another. An abort ends the source at its next item, not here. */
    async add(item: Item): Promise<void> {
      const bytes = sizeOf(item);
      if (!memory.takeNow(bytes)) {
        holdUp();
        await memory.take(bytes, stop.signal);
      }
      isHeldUp = false;
      heldBytes += bytes;
      items.push(item);
      if (heldBytes >= batchBytes) more.resolve();
      while (heldBytes > aheadBytes && !stop.signal.aborted) {
        room = Promise.withResolvers();
        holdUp();
        await room.promise;
      }
    },
    end(): void {
      ended = true;
      more.resolve();
    },
    /** All that has come; null when nothing more comes. */
    async next(): Promise<readonly Item[] | null> {
      while (!ended && (items.length === 0 || (heldBytes < batchBytes && !isHeldUp))) {
        more = Promise.withResolvers();
        await more.promise;
      }
      if (items.length === 0) return null;
      const batch = items;
      items = [];
      return batch;
    },
    give,
    /** Whoever waits for room looks whether it is still wanted. */
    wake: () => room.resolve(),
    clear(): void {
      give(items);
      items = [];
    },
  };
}
