import { availableParallelism } from 'node:os';
import { openCompute } from '../../adapters/compute/index.ts';
import type { Compute } from '../../ports/compute.ts';
import { programFile } from '../package-files.ts';
import type { WorkerTasks } from './tasks/index.ts';

// Each is a thread with a heap of its own; beyond this, starting them costs more than they give.
const mostWorkers = 4;

/** Nothing starts before the first task. `timeoutMs`: of a task; default a minute. */
export function openWorkers(
  size = Math.min(mostWorkers, availableParallelism()),
  timeoutMs?: number,
): Compute<WorkerTasks> {
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  return openCompute<WorkerTasks>({ kind: 'worker-threads', entry: programFile('worker/main'), size, ...limit });
}
