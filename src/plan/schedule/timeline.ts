/**
 * The timeline of a plan: what is deferred, and when everything else is expected to start and end. Both depend on each
 * other only in rare cases (the last window closes before a step's turn comes); then it is worked out again without
 * that step.
 */
import { parseInstant } from '../../kernel/units/instant.ts';
import type { ScheduledStep } from '../../model/plan.ts';
import type { Estimates } from '../../model/rollout-record.ts';
import type { NodeWindows, WindowAnswer } from '../../windows/window-answer.ts';
import type { Cluster } from '../change/node-work.ts';
import { slotsOf } from '../rollout/constraints.ts';
import { estimateMs } from '../rollout/estimate.ts';
import type { PlannedSteps } from '../rollout/plan-steps.ts';
import type { SchemaTiming } from '../schema/plan-schema.ts';
import { deferrals, type Deferrals } from './deferral.ts';
import { defaultParallelism, schedule } from './schedule.ts';
import { rememberLast, type Turn } from './turns.ts';

/** How long a saved plan may wait for its first effect. */
export const planLifetimeMs = 7 * 86_400_000;

export interface TimelineInputs {
  readonly planned: PlannedSteps;
  readonly schema?: SchemaTiming | undefined;
  readonly concerned: readonly Cluster[];
  readonly estimates: Estimates;
  readonly maxUnavailable: number;
  readonly at: string;
  readonly anchored: boolean;
  /** Absent: nothing restricts when a node may be touched. */
  readonly windows?: NodeWindows | undefined;
  /** Of a node, those that restrict it. */
  readonly tenantsOf: (node: string) => readonly string[];
}

export interface Timeline {
  readonly schedule: readonly ScheduledStep[];
  readonly deferrals: Deferrals;
  readonly turns: ReadonlyMap<string, Turn>;
}

const alwaysOpen: NodeWindows = {
  answer: ({ fromMs }) => ({ kind: 'open', startMs: fromMs, opensAtMs: null, closesAtMs: null, because: null }),
};

export function planTimeline(inputs: TimelineInputs): Timeline {
  const { planned, concerned, maxUnavailable, at, windows = alwaysOpen } = inputs;
  const turns = turnsOf(inputs);
  const turnOf = (step: string): Turn => turns.get(step)!;
  const atMs = parseInstant(at) ?? 0;
  const members = new Map(concerned.map((cluster) => [cluster.name, cluster.members.length]));
  const base = { steps: planned.steps, turnOf, windows: rememberLast(windows), atMs, schema: inputs.schema };
  const anchored = inputs.anchored || turns.values().some(({ tenants }) => tenants.length > 0);
  let missed: ReadonlyMap<string, WindowAnswer> = new Map();
  for (;;) {
    const put = deferrals({ ...base, expiresAtMs: atMs + planLifetimeMs, missed });
    const made = schedule({
      ...base,
      anchored,
      parallelism: defaultParallelism,
      slotsOf: (cluster) => slotsOf(members.get(cluster)!, maxUnavailable),
      isDeferred: (step) => put.byStep.has(step),
    });
    if (made.missed.size === 0) return { schedule: made.entries, deferrals: put, turns };
    missed = new Map([...missed, ...made.missed]);
  }
}

function turnsOf({ planned, estimates, tenantsOf }: TimelineInputs): ReadonlyMap<string, Turn> {
  const turns = new Map<string, Turn>();
  for (const [id, { work, leg, leads }] of planned.placedOf) {
    const { kind, bytes, critical } = leg.shape;
    const switchMs = estimateMs(kind, bytes, estimates);
    turns.set(id, {
      cluster: work.node.cluster,
      leads,
      estimateMs: switchMs,
      needMs: switchMs + estimateMs('node-rollback', bytes, estimates),
      tenants: tenantsOf(work.node.name),
      critical,
    });
  }
  return turns;
}
