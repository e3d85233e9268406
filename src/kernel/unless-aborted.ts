/** What the work gives, or `toError` as soon as the signal aborts: the work goes on then, and nobody waits for it. */
export async function unlessAborted<T>(signal: AbortSignal, toError: () => Error, work: () => Promise<T>): Promise<T> {
  if (signal.aborted) throw toError();
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(toError());
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work(), stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
