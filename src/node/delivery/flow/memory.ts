/**
 * Memory that several share: chunks of all transfers between the source and the disk, or what is made at once. Whoever
 * finds it full waits, and reads nothing more meanwhile: that is the back-pressure. First come, first served.
 */
export interface Memory {
  /** Resolves when there is room, or early when the signal aborts: it is taken all the same. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
  /** Takes it where nobody has to wait for it. */
  takeNow(bytes: number): boolean;
  give(bytes: number): void;
}

interface Waiter {
  readonly bytes: number;
  readonly enter: () => void;
}

export function createMemory(limitBytes: number): Memory {
  let usedBytes = 0;
  let waiting: Waiter[] = [];
  // What is larger than the limit passes alone.
  const fits = (bytes: number): boolean => usedBytes === 0 || usedBytes + bytes <= limitBytes;
  const admit = (): void => {
    while (waiting.length > 0 && fits(waiting[0]!.bytes)) {
      const { bytes, enter } = waiting.shift()!;
      usedBytes += bytes;
      enter();
    }
  };
  return {
    take(bytes, signal) {
      return new Promise((resolve) => {
        const leave = (): void => {
          waiting = waiting.filter((one) => one !== waiter);
          usedBytes += bytes;
          resolve();
          admit();
        };
        const waiter: Waiter = {
          bytes,
          enter: () => {
            signal.removeEventListener('abort', leave);
            resolve();
          },
        };
        waiting.push(waiter);
        if (signal.aborted) leave();
        else {
          signal.addEventListener('abort', leave, { once: true });
          admit();
        }
      });
    },
    takeNow(bytes) {
      if (waiting.length > 0 || !fits(bytes)) return false;
      usedBytes += bytes;
      return true;
    },
    give(bytes) {
      usedBytes -= bytes;
      admit();
    },
  };
}
