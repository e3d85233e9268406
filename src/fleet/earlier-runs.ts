/**
 * What earlier runs of the same rollout left on nodes. A rollout may take several executions: one was cancelled, or
 * steps of it were deferred. Each takes back only its own steps, so when one rolls back, what the others did stands and
 * has to be named.
 */
import type { Plan } from '../model/plan.ts';
import type { ExecutionHeader, ExecutionSummary, Store } from '../ports/store.ts';

/** How far back a rollout is looked for. */
const historyLimit = 200;

/** Names of nodes that earlier runs of this rollout changed and did not take back, sorted. */
export async function changedEarlier(
  store: Pick<Store, 'history' | 'readJournal' | 'readPlan'>,
  { id, targetDigest }: Pick<ExecutionHeader, 'id' | 'targetDigest'>,
): Promise<string[]> {
  const history = await store.history(historyLimit);
  const changed = new Set<string>();
  for (const run of history.slice(history.findIndex((one) => one.id === id) + 1)) {
    if (run.kind !== 'apply' || run.targetDigest !== targetDigest || takenBack(run)) break;
    const plan = await store.readPlan(run.id);
    if (isThrough(run, plan)) break;
    const journal = await store.readJournal(run.id);
    const standing = new Set<string>();
    for (const { step, event } of journal) {
      if (step === null) continue;
      if (event === 'done') standing.add(step);
      if (event === 'undone') standing.delete(step);
    }
    for (const step of plan.steps) {
      if (standing.has(step.id) && step.target.startsWith('node/')) changed.add(step.target.slice('node/'.length));
    }
  }
  return [...changed].toSorted();
}

function takenBack({ end }: ExecutionSummary): boolean {
  return end?.result === 'rolled-back' || end?.result === 'rollback-incomplete';
}

/** It ended a rollout of the whole fleet: whoever came later, repairs what is there. */
function isThrough({ end }: ExecutionSummary, { scope }: Plan): boolean {
  const whole = scope.targets.length === 0 && scope.excludes.length === 0 && scope.selector === undefined;
  return whole && (end?.result === 'done' || end?.result === 'nothing-to-do');
}
