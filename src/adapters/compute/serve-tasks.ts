/**
 * The worker's end of a pool: takes one request at a time and answers it. A worker entry names its tasks and calls this;
 * nothing else belongs in one.
 */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { ThemisError } from '../../kernel/error.ts';
import type { TaskCode, TaskTypes } from '../../ports/compute.ts';
import { type TaskReply, type TaskRequest, toTaskFailure, unknownTask } from './task-message.ts';

export function serveTasks<Tasks extends TaskTypes<Tasks>>(tasks: TaskCode<Tasks>): void {
  const port = parentPort;
  if (port === null) throw new ThemisError('BUG', 'a worker entry was started as a program');
  port.on('message', (request: TaskRequest) => void serve(port, tasks, request));
  port.postMessage({ id: null } satisfies TaskReply);
}

async function serve<Tasks extends TaskTypes<Tasks>>(
  port: MessagePort,
  tasks: TaskCode<Tasks>,
  request: TaskRequest,
): Promise<void> {
  const { reply, moved } = await answer(tasks, request);
  try {
    port.postMessage(reply, moved);
  } catch (error) {
    const { id, task } = request;
    port.postMessage({ id, ok: false, failure: toTaskFailure(error, task) } satisfies TaskReply);
  }
}

async function answer<Tasks extends TaskTypes<Tasks>>(
  tasks: TaskCode<Tasks>,
  { id, task, input }: TaskRequest,
): Promise<{ reply: TaskReply; moved: ArrayBuffer[] }> {
  const moved: ArrayBuffer[] = [];
  try {
    if (!Object.hasOwn(tasks, task)) throw unknownTask(task);
    const run = tasks[task as keyof Tasks];
    const output = await run(input, { transfer: (buffer) => moved.push(buffer) });
    return { reply: { id, ok: true, output }, moved };
  } catch (error) {
    return { reply: { id, ok: false, failure: toTaskFailure(error, task) }, moved: [] };
  }
}
