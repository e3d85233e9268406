/** The last part of planning: digests, drift, schedule and summary around the steps, and the seal. */
import { isSchemaStep, schemaParams } from '../actions/schema-step.ts';
import { hasErrors } from '../kernel/finding.ts';
import type { Finding } from '../kernel/finding.ts';
import type { Digest } from '../kernel/digest.ts';
import { addDuration } from '../kernel/units/instant.ts';
import type { Observed } from '../model/observed.ts';
import type { Constraint, NodeDrift, Plan, PlanScope, PlanSource, PlanStep, PlanSummary } from '../model/plan.ts';
import type { NodeStates } from './change/node-state.ts';
import type { Cluster, NodeWork } from './change/node-work.ts';
import type { Transitions } from './change/transitions.ts';
import { observedDigest } from './observed-digest.ts';
import type { PlannedSteps } from './rollout/plan-steps.ts';
import { planLifetimeMs, type Timeline } from './schedule/timeline.ts';
import { sealPlan } from './seal.ts';

/** What every plan says about itself, whether it comes from Desired or returns to restore points. */
export interface PlanFrame {
  readonly fleet: { readonly name: string; readonly uid: string };
  readonly observed: Observed;
  readonly at: string;
  readonly source: PlanSource;
  readonly themisVersion: string;
  readonly digests: { readonly desiredDigest: Digest; readonly targetDigest: Digest };
}

export interface PlanParts {
  readonly frame: PlanFrame;
  readonly works: readonly NodeWork[];
  /** Clusters with a change in scope. */
  readonly concerned: readonly Cluster[];
  readonly planned: PlannedSteps;
  readonly timeline: Timeline;
  readonly constraints: readonly Constraint[];
  readonly transitions: Transitions;
  readonly states: NodeStates;
  /** Sorted. */
  readonly findings: readonly Finding[];
  readonly scope: PlanScope;
  /** Absent: no database belongs to the plan. */
  readonly databasesAnswered?: boolean;
}

export function finishPlan(parts: PlanParts): Plan {
  const { frame, works, planned, timeline, constraints, findings, scope } = parts;
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
    observedDigest: observedDigest(observed, relied, parts.states),
    applyable: !errored,
    complete:
      parts.databasesAnswered !== false && works.every((work) => !work.inScope || work.observed?.reachable === true),
    errored,
    drift: driftOf(works),
    transitions: parts.transitions.list(usedTransitions(steps)),
    steps,
    constraints,
    schedule: timeline.schedule,
    deferred: timeline.deferrals.list,
    findings,
    summary: summaryOf(steps, works, (step) => timeline.deferrals.byStep.has(step)),
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

/**
 * Counts nodes, and migrations beside them: a node that goes through several hops is told once, by what its last step is,
 * and as deferred when that step is. A migration of which only a part is deferred counts for both.
 */
function summaryOf(
  steps: readonly PlanStep[],
  works: readonly NodeWork[],
  deferred: (step: string) => boolean,
): PlanSummary {
  const counts = new Map<string, number>();
  const moving = new Set<string>();
  const late = new Set<string>();
  for (const step of steps) {
    const { id, kind, hop } = step;
    if (isSchemaStep(step)) {
      const { migration } = schemaParams(step);
      (deferred(id) ? late : moving).add(migration);
    }
    if (!kind.startsWith('node-') || hop !== undefined) continue;
    const what = deferred(id) ? 'deferred' : kind;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const count = (what: PlanStep['kind'] | 'deferred'): number => counts.get(what) ?? 0;
  return {
    create: count('node-install'),
    update: count('node-update'),
    repair: count('node-repair'),
    rollback: count('node-rollback'),
    migrate: moving.size,
    unchanged: works.reduce((sum, work) => sum + Number(isSettled(work)), 0),
    deferred: count('deferred') + late.size,
    irreversible: steps.reduce((sum, step) => sum + Number(step.irreversible !== undefined), 0),
  };
}

function isSettled(work: NodeWork): boolean {
  return work.inScope && work.observed?.reachable === true && work.change === undefined && !work.refused;
}
