/** The last part of planning: digests, drift, schedule and summary around the steps, and the seal. */
import { hasErrors } from '../kernel/finding.ts';
import type { Finding } from '../kernel/finding.ts';
import type { Digest } from '../kernel/digest.ts';
import { addDuration } from '../kernel/units/instant.ts';
import type { Observed } from '../model/observed.ts';
import type {
  Constraint,
  NodeDrift,
  Plan,
  PlanScope,
  PlanSource,
  PlanStep,
  PlanSummary,
  ScheduledStep,
} from '../model/plan.ts';
import type { Cluster, NodeWork } from './change/node-work.ts';
import type { Transitions } from './change/transitions.ts';
import type { Estimates } from '../model/rollout-record.ts';
import { observedDigest } from './observed-digest.ts';
import { slotsOf } from './rollout/constraints.ts';
import { estimateMs } from './rollout/estimate.ts';
import type { PlannedSteps } from './rollout/plan-steps.ts';
import { defaultParallelism, schedule } from './rollout/schedule.ts';
import { sealPlan } from './seal.ts';

/** How long a saved plan may wait for its first effect. */
export const planLifetimeMs = 7 * 86_400_000;

/** What every plan says about itself, whether it comes from Desired or returns to restore points. */
export interface PlanFrame {
  readonly fleet: { readonly name: string; readonly uid: string };
  readonly observed: Observed;
  readonly at: string;
  readonly anchored: boolean;
  readonly source: PlanSource;
  readonly themisVersion: string;
  readonly digests: { readonly desiredDigest: Digest; readonly targetDigest: Digest };
  readonly estimates: Estimates;
  readonly maxUnavailable: number;
}

export interface PlanParts {
  readonly frame: PlanFrame;
  readonly works: readonly NodeWork[];
  /** Clusters with a change in scope. */
  readonly concerned: readonly Cluster[];
  readonly planned: PlannedSteps;
  readonly constraints: readonly Constraint[];
  readonly transitions: Transitions;
  /** Sorted. */
  readonly findings: readonly Finding[];
  readonly scope: PlanScope;
}

export function finishPlan(parts: PlanParts): Plan {
  const { frame, works, planned, constraints, findings, scope } = parts;
  const { steps } = planned;
  const { observed, at, fleet, digests } = frame;
  const errored = hasErrors(findings);
  const relied = new Set<string>();
  for (const { members } of parts.concerned) for (const { node } of members) relied.add(node.name);
  return sealPlan({
    formatVersion: '1.0',
    themisVersion: frame.themisVersion,
    fleet: { name: fleet.name, uid: fleet.uid },
    createdAt: at,
    expiresAt: addDuration(at, planLifetimeMs),
    scope,
    source: frame.source,
    desiredDigest: digests.desiredDigest,
    targetDigest: digests.targetDigest,
    observedDigest: observedDigest(observed, relied),
    applyable: !errored,
    complete: works.every((work) => !work.inScope || work.observed?.reachable === true),
    errored,
    drift: driftOf(works),
    transitions: parts.transitions.list(usedTransitions(steps)),
    steps,
    constraints,
    schedule: scheduleOf(parts),
    deferred: [],
    findings,
    summary: summaryOf(steps, works),
  });
}

function driftOf(works: readonly NodeWork[]): readonly NodeDrift[] {
  const drift: NodeDrift[] = [];
  for (const { node, observed, inScope } of works) {
    if (!inScope || observed?.reachable !== true || observed.drift.length === 0) continue;
    const files = observed.drift.map((file) => ({ package: file.package, path: file.path, problem: file.problem }));
    drift.push({ node: node.name, files });
  }
  return drift;
}

function usedTransitions(steps: readonly PlanStep[]): ReadonlySet<string> {
  const used = new Set<string>();
  for (const step of steps) {
    if (step.transition !== undefined) used.add(step.transition);
    for (const id of step.with ?? []) used.add(id);
  }
  return used;
}

function scheduleOf({ frame, planned: { steps, placedOf }, concerned }: PlanParts): readonly ScheduledStep[] {
  const members = new Map(concerned.map((cluster) => [cluster.name, cluster.members.length]));
  return schedule({
    steps,
    clusterOf: (step) => placedOf.get(step.id)!.work.node.cluster,
    slotsOf: (cluster) => slotsOf(members.get(cluster)!, frame.maxUnavailable),
    leads: (step) => placedOf.get(step.id)!.leads,
    estimateOf: (step) => estimateMs(step.kind, placedOf.get(step.id)!.leg.shape.bytes, frame.estimates),
    parallelism: defaultParallelism,
    startsAt: frame.anchored ? frame.at : undefined,
  });
}

/** Counts nodes: one that goes through several hops is told once, by what its last step is. */
function summaryOf(steps: readonly PlanStep[], works: readonly NodeWork[]): PlanSummary {
  const count = (kind: PlanStep['kind']): number =>
    steps.reduce((sum, step) => sum + Number(step.kind === kind && step.hop === undefined), 0);
  return {
    create: count('node-install'),
    update: count('node-update'),
    repair: count('node-repair'),
    rollback: count('node-rollback'),
    migrate: 0,
    unchanged: works.reduce((sum, work) => sum + Number(isSettled(work)), 0),
    deferred: 0,
    irreversible: steps.reduce((sum, step) => sum + Number(step.irreversible !== undefined), 0),
  };
}

function isSettled(work: NodeWork): boolean {
  return work.inScope && work.observed?.reachable === true && work.change === undefined && !work.refused;
}
