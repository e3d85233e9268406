/**
 * The planner: Desired × Observed × record → Plan. Pure, total and deterministic: equal inputs give equal bytes, every
 * problem is a finding, and the work grows with the fleet, not with its square. It reads as the order of decisions:
 * what differs, what is in scope, through which releases, what may not happen, which stage, which gate, which step, when.
 */
import { compareFindings, compareText } from '../kernel/finding.ts';
import { parseInstant } from '../kernel/units/instant.ts';
import type { ObservedNode } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import type { RolloutProgress } from '../model/rollout-record.ts';
import { createNodeWindows } from '../windows/node-windows.ts';
import type { NodeWindows } from '../windows/window-answer.ts';
import { createDiff } from './change/node-change.ts';
import { createNodeStates, type NodeStates } from './change/node-state.ts';
import type { Cluster, NodeWork } from './change/node-work.ts';
import { closeScope, planScope, selectNodes } from './change/scope.ts';
import { refuseSkew } from './change/skew-check.ts';
import { createTransitions, type Transitions } from './change/transitions.ts';
import { createHopPaths } from './hops/hop-paths.ts';
import { fleetHops, type FleetHop } from './hops/fleet-hops.ts';
import { legsByHop, planHopSteps } from './hops/hop-steps.ts';
import type { Notes } from './findings/notes.ts';
import { createNotes } from './findings/notes.ts';
import { notePlanState } from './findings/plan-state.ts';
import { noteTimeline } from './findings/timeline-notes.ts';
import type { PlanInputs } from './plan-inputs.ts';
import { finishPlan } from './finish-plan.ts';
import { clusterFacts, groupClusters } from './rollout/clusters.ts';
import { clusterConstraints } from './rollout/constraints.ts';
import { createLabelGroups } from './rollout/label-groups.ts';
import type { PlacedChange } from './rollout/placement.ts';
import { placeChanges } from './rollout/placement.ts';
import { planSteps, type PlannedSteps } from './rollout/plan-steps.ts';
import { plannedGates } from './rollout/promotions.ts';
import { createTiers } from './rollout/tiers.ts';
import type { Membership } from './rollout/stage-membership.ts';
import { assignStages } from './rollout/stage-membership.ts';
import { restrictionsOf, windowConstraints } from './schedule/restrictions.ts';
import { planTimeline } from './schedule/timeline.ts';
import { noteUnknownProbes } from './schema/note-unknown-probes.ts';
import { databasesAnswered, planSchema, type SchemaTiming } from './schema/plan-schema.ts';
import { createTargets } from './target/target-sets.ts';

const noTenants: readonly string[] = [];

export function plan(inputs: PlanInputs): Plan {
  return planRollout(inputs).plan;
}

export interface PlannedRollout {
  readonly plan: Plan;
  /** Node names by stage, index 0 is stage 1: all selected nodes, those without steps too. Fixed once it starts. */
  readonly stages: readonly (readonly string[])[];
}

/** The plan, and what the rollout record keeps of it when it is carried out. */
export function planRollout(inputs: PlanInputs): PlannedRollout {
  const { desired, digests, record } = inputs;
  const { rollout } = desired;
  const notes = createNotes(desired.sources);
  const transitions = createTransitions();
  const states = createNodeStates();
  const progress = record.current?.target === digests.targetDigest ? record.current : null;
  const { works, concerned, hops } = findChanges(inputs, { transitions, states, progress, notes });
  const membership = stageMembership(works, concerned, inputs, progress);
  const { planned, schema } = placeAndPlan({ inputs, works, concerned, hops, membership, progress }, notes);

  const restrictions = restrictionsOf(desired.fleet.nodes, desired.tenants);
  const constraints = [
    ...clusterConstraints(concerned.map(clusterFacts), rollout, notes),
    ...windowConstraints(planned, restrictions),
  ];
  const timeline = planTimeline({
    planned,
    schema,
    concerned,
    estimates: record.estimates,
    maxUnavailable: rollout.maxUnavailable,
    at: inputs.at,
    anchored: inputs.anchored,
    windows: restrictions.size === 0 ? undefined : nodeWindows(inputs, progress),
    tenantsOf: (node) => restrictions.get(node) ?? noTenants,
  });
  noteTimeline(inputs, planned, timeline, notes);
  notePlanState(inputs, works, notes);
  const findings = [...notes.findings(), ...inputs.extraFindings].sort(compareFindings);
  const frame = { ...inputs, fleet: desired.fleet };
  const scope = planScope(inputs.scope);
  const made = finishPlan({
    frame,
    works,
    concerned,
    planned,
    timeline,
    constraints,
    transitions,
    states,
    findings,
    scope,
    databasesAnswered: databasesAnswered(inputs),
  });
  return { plan: made, stages: namesByStage(membership) };
}

interface Changes {
  readonly works: readonly NodeWork[];
  /** Clusters with a change in scope. */
  readonly concerned: readonly Cluster[];
  /** Before the last. */
  readonly hops: readonly FleetHop[];
}

interface Search {
  readonly transitions: Transitions;
  readonly states: NodeStates;
  readonly progress: RolloutProgress | null;
  readonly notes: Notes;
}

/** What differs, what is in scope, through which releases it goes, and what may not happen. */
function findChanges(inputs: PlanInputs, { transitions, states, progress, notes }: Search): Changes {
  const { desired } = inputs;
  const { maxMinorSkew } = desired.rollout;
  const targets = createTargets(desired, inputs.catalogue, notes);
  const works = nodeWorks(inputs, notes);
  selectNodes(works, inputs.scope, notes);
  const paths = createHopPaths(desired.fleet.knownBad, maxMinorSkew);
  const diff = createDiff({ targets, states, transitions, paths, at: inputs.at });
  const silent = createNotes(new Map());
  for (const work of works) {
    if (work.observed?.reachable !== true) continue;
    const difference = diff(work.node, work.observed, work.inScope ? notes : silent);
    if (difference === 'refused') work.refused = true;
    else if (inputs.refreshOnly !== true) work.change = difference;
  }
  const clusters = groupClusters(works, inputs.leaders, notes);
  const concerned = clusters.filter(({ members }) => members.some((work) => work.inScope && work.change !== undefined));
  closeScope(concerned, inputs.scope, notes);
  const hops = fleetHops(works, progress);
  const { knownBad } = desired.fleet;
  refuseSkew(concerned, { targets, states, maxSkew: maxMinorSkew, knownBad, hops: legsByHop(hops) }, notes);
  return { works, concerned, hops };
}

interface Placing extends Changes {
  readonly inputs: PlanInputs;
  readonly membership: Membership;
  readonly progress: RolloutProgress | null;
}

/** In which stage, behind which gate, which step; and the databases between them. */
function placeAndPlan(
  { inputs, works, concerned, hops, membership, progress }: Placing,
  notes: Notes,
): { planned: PlannedSteps; schema: SchemaTiming | undefined } {
  const { desired, digests } = inputs;
  const { rollout, tenants } = desired;
  const groups = createLabelGroups(rollout.order);
  const unplaced = (node: string): void => noteNoStage(node, notes);
  const places = { stageOf: membership.stageOf, groups, tierOf: createTiers(tenants), unplaced };
  const placed = legsByHop(hops).map((legOf) => placeChanges(concerned, legOf, places));
  const steps = planHopSteps(hops, placed, progress, (hop) =>
    plannedGates({ ...hop, works, membership, rollout }, notes),
  );
  noteSkippedStages(membership, placed.flat(), inputs, notes);
  const { timeoutMs: healthTimeoutMs } = rollout.health;
  const schema = planSchema(inputs, works, steps, notes);
  const planned = planSteps(steps, { healthTimeoutMs, targetDigest: digests.targetDigest, groups }, schema?.steps);
  if (schema !== undefined) noteUnknownProbes(planned.steps, inputs, notes);
  return { planned, schema: schema?.timing };
}

/** Tenants are told when the rollout of this target starts: notice counts from then, or from now. */
function nodeWindows({ desired, digests, at }: PlanInputs, progress: RolloutProgress | null): NodeWindows {
  const { tenants, approvals } = desired;
  const noticeAtMs = parseInstant(progress?.startedAt ?? at) ?? 0;
  return createNodeWindows({ tenants, approvals, target: digests.targetDigest, noticeAtMs });
}

function namesByStage({ stageOf, sizes }: Membership): string[][] {
  const stages = sizes.map((): string[] => []);
  for (const [name, stage] of stageOf) stages[stage - 1]!.push(name);
  for (const names of stages) names.sort(compareText);
  return stages;
}

function nodeWorks({ desired, observed }: PlanInputs, notes: Notes): readonly NodeWork[] {
  const seen = new Map<string, ObservedNode>(observed.nodes.map((node) => [node.name, node]));
  const nodes = [...desired.fleet.nodes].sort((a, b) => compareText(a.name, b.name));
  const works = nodes.map((node): NodeWork => {
    const work = { node, observed: seen.get(node.name), change: undefined, refused: false, inScope: true };
    seen.delete(node.name);
    return work;
  });
  for (const name of seen.keys()) {
    notes.gather('nodeNotInFleet', '', name, (names) => ({
      summary: `${names} answered, but the Fleet does not list it; nothing is done there.`,
    }));
  }
  return works;
}

function stageMembership(
  works: readonly NodeWork[],
  concerned: readonly Cluster[],
  { desired }: PlanInputs,
  progress: RolloutProgress | null,
): Membership {
  const leaders = new Set<NodeWork>();
  for (const { leader, members } of concerned) if (leader !== undefined && members.length > 1) leaders.add(leader);
  const members = works
    .filter((work) => work.inScope)
    .map((work) => ({
      name: work.node.name,
      cluster: work.node.cluster,
      place: work.node.labels[desired.rollout.spreadBy ?? 'zone'] ?? '',
      leads: leaders.has(work),
    }));
  return assignStages(desired.rollout.stages, members, progress);
}

function noteNoStage(node: string, notes: Notes): void {
  notes.gather('nodesInNoStage', '', node, (names) => ({
    summary: `No stage of the rollout takes ${names}.`,
    fix: 'End the stages with `percentage: 100`.',
    address: 'rollout',
  }));
}

/** Only where something moves: a fleet that matches has nothing to say about stages. */
function noteSkippedStages(
  { sizes }: Membership,
  placed: readonly PlacedChange[],
  { desired }: PlanInputs,
  notes: Notes,
): void {
  if (!placed.some(({ leg }) => leg.shape.kind !== 'node-repair')) return;
  const selected = sizes.reduce((sum, size) => sum + size, 0);
  for (const [index, size] of sizes.entries()) {
    const stage = desired.rollout.stages[index]!;
    if (size > 0) continue;
    const what =
      stage.share.kind === 'percentage' ? `${stage.share.percentage} % of ${selected} nodes` : 'its list of nodes';
    notes.note('stageSkipped', {
      summary: `Stage ${index + 1} is skipped: ${what} selects no new node.`,
      fix: 'Set `atLeast: 1` on the stage to try one node first.',
      address: `stage/${index + 1}`,
    });
  }
}
