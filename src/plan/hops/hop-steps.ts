/**
 * The hops of a plan in order, numbered, each with its switches and gates: hops that nobody takes and nothing waits for
 * fall away, the last one leads to the target and has no number.
 */
import type { RolloutProgress } from '../../model/rollout-record.ts';
import type { NodeChange, NodeLeg } from '../change/node-change.ts';
import type { PlacedChange } from '../rollout/placement.ts';
import type { HopSteps } from '../rollout/plan-steps.ts';
import type { GateInputs, PlannedGates } from '../rollout/promotions.ts';
import type { FleetHop } from './fleet-hops.ts';

/** What a node does in each of these hops, and at the end in the last one. */
export function legsByHop(hops: readonly FleetHop[]): readonly ((change: NodeChange) => NodeLeg | undefined)[] {
  const earlier = hops.map(
    ({ shapes }) =>
      ({ legs }: NodeChange) =>
        legs.length < 2 ? undefined : legs.find(({ shape }) => shapes.has(shape)),
  );
  return [...earlier, ({ legs }) => legs.at(-1)];
}

/** `placed`: by hop, that of the last hop last. */
export function planHopSteps(
  hops: readonly FleetHop[],
  placed: readonly (readonly PlacedChange[])[],
  progress: RolloutProgress | null,
  gatesOf: (inputs: Pick<GateInputs, 'placed' | 'progress' | 'hop' | 'hopName'>) => PlannedGates,
): readonly HopSteps[] {
  const made: HopSteps[] = [];
  for (const [index, { leadsTo, progress: stages }] of hops.entries()) {
    const number = made.length + 1;
    const hopName = `hop ${number}`;
    const gates = gatesOf({ placed: placed[index]!, progress: stages, hop: { number, leadsTo }, hopName });
    if (placed[index]!.length + gates.size > 0) made.push({ placed: placed[index]!, gates, number });
  }
  const last = placed.at(-1)!;
  const hopName = made.length === 0 ? '' : `hop ${made.length + 1}`;
  return [...made, { placed: last, gates: gatesOf({ placed: last, progress: progress?.stages ?? [], hopName }) }];
}
