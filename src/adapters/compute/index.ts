/** Where tasks may run, one case each; all face the same contract suite. */
import type { Compute, TaskCode, TaskTypes } from '../../ports/compute.ts';
import { openInline } from './inline.ts';
import { openWorkerThreads, type WorkerThreadsOptions } from './worker-threads.ts';

export type ComputeSpec<Tasks extends TaskTypes<Tasks>> =
  | ({ readonly kind: 'worker-threads' } & WorkerThreadsOptions)
  | { readonly kind: 'inline'; readonly tasks: TaskCode<Tasks> };

export function openCompute<Tasks extends TaskTypes<Tasks>>(spec: ComputeSpec<Tasks>): Compute<Tasks> {
  switch (spec.kind) {
    case 'worker-threads':
      return openWorkerThreads<Tasks>(spec);
    case 'inline':
      return openInline(spec.tasks);
  }
}
