/**
 * Tasks in this thread, under the same contract: inputs and outputs are cloned as if they crossed to another, so that
 * what would not cross fails here too. What a task of its own accord never gives back cannot be taken from it.
 */
import { setImmediate } from 'node:timers/promises';
import type { Compute, RunOptions, TaskCode, TaskTypes } from '../../ports/compute.ts';
import { cancelledTask, fromTaskFailure, toTaskFailure, unknownTask } from './task-message.ts';

export function openInline<Tasks extends TaskTypes<Tasks>>(tasks: TaskCode<Tasks>): Compute<Tasks> {
  const closing = new AbortController();
  return {
    async run(task, input, { signal, transfer }: RunOptions = {}) {
      const given = cloneOf(task, input, transfer ?? []);
      // Leaves room for signals and I/O between tasks, as a worker would.
      await setImmediate();
      const ends = AbortSignal.any([closing.signal, ...(signal === undefined ? [] : [signal])]);
      const { promise: cancelled, reject } = Promise.withResolvers<never>();
      const cancel = (): void => reject(cancelledTask(task));
      if (ends.aborted) throw cancelledTask(task);
      ends.addEventListener('abort', cancel);
      try {
        return await Promise.race([cancelled, runTask(tasks, task, given)]);
      } finally {
        ends.removeEventListener('abort', cancel);
      }
    },
    async close() {
      closing.abort();
    },
  };
}

async function runTask<Tasks extends TaskTypes<Tasks>, Name extends keyof Tasks & string>(
  tasks: TaskCode<Tasks>,
  task: Name,
  input: Tasks[Name]['input'],
): Promise<Tasks[Name]['output']> {
  const moved: ArrayBuffer[] = [];
  try {
    if (!Object.hasOwn(tasks, task)) throw unknownTask(task);
    const output = await tasks[task](input, { transfer: (buffer) => moved.push(buffer) });
    return structuredClone(output, { transfer: moved });
  } catch (error) {
    throw fromTaskFailure(toTaskFailure(error, task));
  }
}

function cloneOf<Input>(task: string, input: Input, transfer: readonly ArrayBuffer[]): Input {
  try {
    return structuredClone(input, { transfer: [...transfer] });
  } catch (error) {
    throw fromTaskFailure(toTaskFailure(error, task));
  }
}
