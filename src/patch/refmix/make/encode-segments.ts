/** Segments beside each other where there is a compute, one after another where there is none. */
import { ThemisError } from '../../../kernel/error.ts';
import type { MakeGiven } from '../../algorithm.ts';
import type { Segment } from '../container.ts';
import { encodeSegment, type EncodeTask } from './encode.ts';

/** Each has a model of its own in memory. */
const mostAtOnce = 2;

/** In their order. When one fails or nobody wants more, the others are cancelled. */
export async function* encodeSegments(
  tasks: readonly EncodeTask[],
  { compute, signal }: MakeGiven,
): AsyncGenerator<Segment> {
  const stop = new AbortController();
  const ends = AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])]);
  const running: Promise<Segment>[] = [];
  const start = async (task: EncodeTask): Promise<Segment> => {
    if (ends.aborted) throw new ThemisError('CANCELLED', 'The patch was not needed any more.');
    return compute === undefined ? encodeSegment(task) : await compute.run('refmix-encode', task, { signal: ends });
  };
  try {
    let next = 0;
    while (running.length > 0 || next < tasks.length) {
      const room = compute === undefined ? 1 : mostAtOnce;
      while (running.length < room && next < tasks.length) {
        const run = start(tasks[next]!);
        // Whoever waits for it first sees what it throws; by then another may have thrown.
        run.catch(() => {});
        running.push(run);
        next += 1;
      }
      yield await running.shift()!;
    }
  } finally {
    stop.abort();
  }
}
