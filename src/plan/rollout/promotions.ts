/**
 * After which stages the rollout stops for a gate: wherever versions move in a stage and again in a later one. A stage
 * of which nothing moves any more is gated too, until it is known to have been passed: the record says that its nodes
 * were promoted, or a later stage runs the new manifests already (a node that joins late must not make the whole fleet
 * bake again). A record of a smaller scope promotes no node it did not hold.
 */
import type { RolloutProgress } from '../../model/rollout-record.ts';
import type { NodeWork } from '../change/node-work.ts';
import type { PlacedChange } from './placement.ts';

export function gatedStages(
  placed: readonly PlacedChange[],
  works: readonly NodeWork[],
  stageOf: ReadonlyMap<string, number>,
  sizes: readonly number[],
  progress: RolloutProgress | null,
): ReadonlySet<number> {
  const moving = new Set<number>();
  const arriving = new Set<string>();
  const seen = new Set<unknown>();
  for (const { change, stage } of placed) {
    if (change.shape.kind === 'node-repair') continue;
    moving.add(stage);
    if (seen.has(change.shape)) continue;
    seen.add(change.shape);
    for (const name of change.shape.packages)
      arriving.add(`${name} ${change.shape.after.packages[name]!.manifestHash}`);
  }
  const lastMoving = Math.max(0, ...moving);
  const lastRunning = lastStageRunning(works, stageOf, arriving);
  const gated = new Set<number>();
  for (let stage = 1; stage < lastMoving; stage += 1) {
    if (sizes[stage - 1] === 0) continue;
    if (moving.has(stage) || !(wasPromoted(progress, stage) || lastRunning > stage)) gated.add(stage);
  }
  return gated;
}

/** The latest stage in which a node that needs nothing has one of the arriving manifests; 0 for none. */
function lastStageRunning(
  works: readonly NodeWork[],
  stageOf: ReadonlyMap<string, number>,
  arriving: ReadonlySet<string>,
): number {
  let last = 0;
  for (const { node, observed, change, inScope } of works) {
    if (change !== undefined || !inScope || observed?.reachable !== true) continue;
    const stage = stageOf.get(node.name) ?? 0;
    if (stage <= last) continue;
    for (const name of Object.keys(observed.packages)) {
      if (arriving.has(`${name} ${observed.packages[name]!.manifestHash}`)) last = stage;
    }
  }
  return last;
}

function wasPromoted(progress: RolloutProgress | null, stage: number): boolean {
  const recorded = progress?.stages[stage - 1];
  return recorded !== undefined && recorded.nodes.length > 0 && recorded.promotedAt !== null;
}
