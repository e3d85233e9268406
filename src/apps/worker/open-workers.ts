import { availableParallelism } from 'node:os';
import { openCompute } from '../../adapters/compute/index.ts';
import type { Compute } from '../../ports/compute.ts';
import type { WorkerTasks } from './tasks/index.ts';

// Each is a thread with a heap of its own; beyond this, starting them costs more than they give.
const mostWorkers = 4;

/** Nothing starts before the first task. `timeoutMs`: of a task; default a minute. */
export function openWorkers(
  size = Math.min(mostWorkers, availableParallelism()),
  timeoutMs?: number,
): Compute<WorkerTasks> {
  // `main.js` where Themis was built.
  const entry = new URL(import.meta.url.endsWith('.ts') ? 'main.ts' : 'main.js', import.meta.url);
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  return openCompute<WorkerTasks>({ kind: 'worker-threads', entry, size, ...limit });
}
