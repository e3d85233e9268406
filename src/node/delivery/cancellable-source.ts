import { ThemisError } from '../../kernel/error.ts';
import { unlessAborted } from '../../kernel/unless-aborted.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';

/**
 * The same source for a staging that may be cancelled: a document that is still on its way is then not waited for, and
 * CANCELLED. Payloads have a signal of their own.
 */
export function cancellableSource(source: ReleaseSource, signal: AbortSignal): ReleaseSource {
  return {
    host: source.host,
    readIndex: () => unlessCancelled(signal, () => source.readIndex()),
    readFile: (path, limitBytes) => unlessCancelled(signal, () => source.readFile(path, limitBytes)),
    readChanged: (path, limitBytes, known) =>
      unlessCancelled(signal, () => source.readChanged(path, limitBytes, known)),
    listFiles: (path) => unlessCancelled(signal, () => source.listFiles(path)),
    openFile: (path, wanted) => source.openFile(path, wanted),
  };
}

export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

export function cancelled(): ThemisError {
  return new ThemisError('CANCELLED', 'The staging was cancelled.', {
    hint: 'What has come is kept: stage again and it goes on from there.',
  });
}

async function unlessCancelled<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return await unlessAborted(signal, cancelled, work);
}
