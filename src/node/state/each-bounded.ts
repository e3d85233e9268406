/**
 * Calls with a bounded number in flight, so that many small syncs share the disk's commits. After a rejection
 * nothing more is started, and it rejects only when all that was started has ended: what follows (an undo) must
 * not meet a copy that is still being written.
 */
export async function eachBounded<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed: { readonly error: unknown } | undefined;
  async function worker(): Promise<void> {
    while (next < items.length && failed === undefined) {
      const index = next;
      next += 1;
      try {
        await work(items[index]!, index);
      } catch (error) {
        failed ??= { error };
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failed !== undefined) throw failed.error;
}
