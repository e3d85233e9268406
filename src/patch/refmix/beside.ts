/** Segments beside each other where there is a compute, one after another where there is none. */
import { ThemisError } from '../../kernel/error.ts';
import type { Compute } from '../../ports/compute.ts';
import type { PatchTasks } from '../algorithm.ts';

interface Given {
  readonly compute?: Compute<PatchTasks>;
  readonly signal?: AbortSignal;
}

type Name = keyof PatchTasks & `refmix-${string}`;

/** Each has a model of its own in memory, and the limit is for so many. */
const mostAtOnce = 2;

/** What the tasks give, in their order. When one fails or nobody wants more, the others are cancelled. */
export async function* beside<Task extends Name>(
  name: Task,
  inputs: readonly PatchTasks[Task]['input'][],
  here: (input: PatchTasks[Task]['input']) => PatchTasks[Task]['output'],
  { compute, signal }: Given,
): AsyncGenerator<PatchTasks[Task]['output']> {
  const stop = new AbortController();
  const ends = AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])]);
  const running: Promise<PatchTasks[Task]['output']>[] = [];
  const start = async (input: PatchTasks[Task]['input']): Promise<PatchTasks[Task]['output']> => {
    if (ends.aborted) throw new ThemisError('CANCELLED', 'The patch was not needed any more.');
    return compute === undefined ? here(input) : await compute.run(name, input, { signal: ends });
  };
  try {
    let next = 0;
    while (running.length > 0 || next < inputs.length) {
      const room = compute === undefined ? 1 : mostAtOnce;
      while (running.length < room && next < inputs.length) {
        const run = start(inputs[next]!);
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
