/** The last part of planning: digests, drift, schedule and summary around the steps, and the seal. */
import { hasErrors } from '../kernel/finding.ts';
import type { Finding } from '../kernel/finding.ts';
import { addDuration } from '../kernel/instant.ts';
import type { Constraint, NodeDrift, Plan, PlanScope, PlanStep, PlanSummary, ScheduledStep } from '../model/plan.ts';
import type { Cluster, NodeWork } from './change/node-work.ts';
import type { Transitions } from './change/transitions.ts';
import { observedDigest } from './observed-digest.ts';
import type { PlanInputs } from './plan-inputs.ts';
import { slotsOf } from './rollout/constraints.ts';
import { estimateMs } from './rollout/estimate.ts';
import type { PlacedChange } from './rollout/placement.ts';
import { defaultParallelism, schedule } from './rollout/schedule.ts';
import { sealPlan } from './seal.ts';

/** How long a saved plan may wait for its first effect. */
export const planLifetimeMs = 7 * 86_400_000;

export interface PlanParts {
  readonly inputs: PlanInputs;
  readonly works: readonly NodeWork[];
  /** Clusters with a change in scope. */
  readonly concerned: readonly Cluster[];
  readonly placed: readonly PlacedChange[];
  readonly steps: readonly PlanStep[];
  readonly constraints: readonly Constraint[];
  readonly transitions: Transitions;
  /** Sorted. */
  readonly findings: readonly Finding[];
  readonly scope: PlanScope;
}

export function finishPlan(parts: PlanParts): Plan {
  const { inputs, works, steps, constraints, findings, scope } = parts;
  const { desired, observed, at } = inputs;
  const errored = hasErrors(findings);
  const relied = new Set<string>();
  for (const { members } of parts.concerned) for (const { node } of members) relied.add(node.name);
  return sealPlan({
    formatVersion: '1.0',
    themisVersion: inputs.themisVersion,
    fleet: { name: desired.fleet.name, uid: desired.fleet.uid },
    createdAt: at,
    expiresAt: addDuration(at, planLifetimeMs),
    scope,
    source: inputs.source,
    desiredDigest: inputs.digests.desiredDigest,
    targetDigest: inputs.digests.targetDigest,
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

function scheduleOf({ inputs, placed, steps, concerned }: PlanParts): readonly ScheduledStep[] {
  const placedOf = new Map(placed.map((entry) => [`node/${entry.work.node.name}`, entry]));
  const members = new Map(concerned.map((cluster) => [cluster.name, cluster.members.length]));
  const { maxUnavailable } = inputs.desired.rollout;
  return schedule({
    steps,
    clusterOf: (step) => placedOf.get(step.target)!.work.node.cluster,
    slotsOf: (cluster) => slotsOf(members.get(cluster)!, maxUnavailable),
    leads: (step) => placedOf.get(step.target)!.leads,
    estimateOf: (step) => estimateMs(step.kind, placedOf.get(step.target)!.change.shape.bytes, inputs.record.estimates),
    parallelism: defaultParallelism,
    startsAt: inputs.anchored ? inputs.at : undefined,
  });
}

function summaryOf(steps: readonly PlanStep[], works: readonly NodeWork[]): PlanSummary {
  const count = (kind: PlanStep['kind']): number => steps.reduce((sum, step) => sum + Number(step.kind === kind), 0);
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
