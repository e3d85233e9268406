/**
 * `themis rollback`: returns nodes to restore points. It works without Git, from what the nodes report and what the
 * last plan said about limits; it skips stages and windows, never quorum, `maxUnavailable` or skew. Order: the reverse
 * of the last plan, leaders last.
 */
import type { Digest } from '../../kernel/digest.ts';
import { digestJson, shortDigest } from '../../kernel/digest.ts';
import { compareText } from '../../kernel/finding.ts';
import type { DesiredNode } from '../../model/desired.ts';
import type { Observed, RestorePointSummary } from '../../model/observed.ts';
import type { Plan, PlanSource } from '../../model/plan.ts';
import type { Catalogue, ReleaseManifest } from '../../model/release.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import type { ChangeShape } from '../change/change-shape.ts';
import { freshRestorePoint } from '../change/node-change.ts';
import type { NodeStates, Packages } from '../change/node-state.ts';
import { createNodeStates } from '../change/node-state.ts';
import type { NodeWork } from '../change/node-work.ts';
import { refuseSkew } from '../change/skew-check.ts';
import type { Transitions } from '../change/transitions.ts';
import { createTransitions } from '../change/transitions.ts';
import { legsByHop } from '../hops/hop-steps.ts';
import type { Notes } from '../findings/notes.ts';
import { createNotes } from '../findings/notes.ts';
import { finishPlan } from '../finish-plan.ts';
import { clusterFacts, groupClusters } from '../rollout/clusters.ts';
import { clusterConstraints } from '../rollout/constraints.ts';
import { createLabelGroups } from '../rollout/label-groups.ts';
import { placeChanges } from '../rollout/placement.ts';
import type { PlacedChange } from '../rollout/placement.ts';
import { planTimeline } from '../schedule/timeline.ts';
import { planSteps } from '../rollout/plan-steps.ts';
import { refuseContracted } from '../schema/contracted-releases.ts';
import { addressesOf, choosePoint, noteNothing, rollbackWorks } from './rollback-works.ts';
import { rollbackLimits } from './rollback-limits.ts';

export type RollbackWhat =
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'tenant'; readonly name: string }
  | { readonly kind: 'all' };

export interface RollbackInputs {
  readonly what: RollbackWhat;
  /** Restore point to return to; undefined: the newest of an earlier state. */
  readonly to: string | undefined;
  readonly fleet: { readonly name: string; readonly uid: string };
  readonly nodes: readonly DesiredNode[];
  readonly observed: Observed;
  /** What is at hand; may be empty. Used only to count files. */
  readonly catalogue: Catalogue;
  readonly record: RolloutRecord;
  /** The plan that was carried out last: limits and order. */
  readonly lastPlan: Plan | undefined;
  readonly at: string;
  readonly source: PlanSource;
  readonly themisVersion: string;
  readonly digests: { readonly desiredDigest: Digest; readonly targetDigest: Digest };
}

const noTenants: readonly string[] = [];

export function planRollback(inputs: RollbackInputs): Plan {
  const { catalogue, digests, lastPlan, what } = inputs;
  const notes = createNotes(new Map());
  const transitions = createTransitions();
  const states = createNodeStates();
  const limits = rollbackLimits(lastPlan);
  const byHash = new Map<string, ReleaseManifest>(catalogue.releases.map((release) => [release.manifestHash, release]));
  const byPackage = Map.groupBy(catalogue.releases, (release) => release.package);
  const yanked = new Set(catalogue.yanked);
  const releases = {
    isYanked: (hash: Digest) => yanked.has(hash),
    manifestOf: (hash: Digest) => byHash.get(hash),
    releasesOf: (name: string) => byPackage.get(name) ?? [],
  };
  const works = rollbackWorks(inputs, notes);
  setChanges(works, inputs.to, { states, transitions, releases, notes });
  noteNothing(works, inputs.to, notes);
  const concerned = groupClusters(works, undefined, notes).filter(({ members }) =>
    members.some((work) => work.change !== undefined),
  );
  const hops = legsByHop([]);
  // It works without Git, so nobody says here which upgrades go wrong.
  const skew = { targets: releases, states, maxSkew: limits.maxMinorSkew, knownBad: [], hops };
  refuseSkew(concerned, skew, notes);
  refuseContracted(works, inputs.observed, inputs.record, notes);
  const groups = createLabelGroups([]);
  const stageOf = new Map(works.map((work) => [work.node.name, 1]));
  const places = { stageOf, groups, tierOf: () => 0, unplaced: () => undefined };
  const placed = reverseOrder(
    placeChanges(concerned, ({ legs }) => legs[0], places),
    lastPlan,
  );
  const { healthTimeoutMs, maxUnavailable } = limits;
  const { targetDigest } = digests;
  const planned = planSteps([{ placed, gates: new Map() }], { healthTimeoutMs, targetDigest, groups });
  const constraints = clusterConstraints(concerned.map(clusterFacts), limits, notes);
  // Back to what ran before is never held up by a window.
  const { at, record } = inputs;
  const timeline = planTimeline({
    planned,
    concerned,
    estimates: record.estimates,
    maxUnavailable,
    at,
    anchored: false,
    tenantsOf: () => noTenants,
  });
  const scope = { targets: addressesOf(what), excludes: [] };
  const findings = notes.findings();
  return finishPlan({
    frame: inputs,
    works,
    concerned,
    planned,
    timeline,
    constraints,
    transitions,
    states,
    findings,
    scope,
  });
}

interface ChangeContext {
  readonly states: NodeStates;
  readonly transitions: Transitions;
  readonly releases: { manifestOf(hash: Digest): ReleaseManifest | undefined };
  readonly notes: Notes;
}

function setChanges(works: readonly NodeWork[], to: string | undefined, context: ChangeContext): void {
  for (const work of works) {
    if (!work.inScope || work.observed?.reachable !== true) continue;
    const point = choosePoint(work.observed, to, context.notes);
    if (point === undefined) continue;
    const shape = rollbackShape(work.observed.packages, point, context);
    const restorePoint = freshRestorePoint(shape.digest, work.observed.restorePoints);
    work.change = { node: work.node, legs: [{ shape, restorePoint, returnTo: point.id }] };
  }
}

function rollbackShape(
  present: Packages,
  point: RestorePointSummary,
  { states, transitions, releases }: ChangeContext,
): ChangeShape {
  const before = states.of(present);
  const after = states.of(point.packages);
  const changing = Object.keys(after.packages).filter(
    (name) => before.packages[name]?.manifestHash !== after.packages[name]!.manifestHash,
  );
  const moves = changing.map((name) => {
    const from = before.packages[name];
    const to = after.packages[name]!;
    const fromManifest = from === undefined ? undefined : releases.manifestOf(from.manifestHash);
    return transitions.between(name, from, fromManifest, to, releases.manifestOf(to.manifestHash));
  });
  return {
    kind: 'node-rollback',
    before,
    after,
    transitions: moves.map((transition) => transition.id),
    packages: changing,
    reason: `asked to return to restore point ${point.id}`,
    digest: shortDigest(digestJson(['node-rollback', before.packages, after.packages, point.id])),
    bytes: moves.reduce((sum, transition) => sum + transition.files.bytes, 0),
    critical: false,
  };
}

/** The reverse of the last plan, nodes it did not touch after those; leaders last. */
function reverseOrder(placed: readonly PlacedChange[], lastPlan: Plan | undefined): readonly PlacedChange[] {
  const turn = new Map(lastPlan?.steps.map((step, index) => [step.target, index]));
  const turnOf = (entry: PlacedChange): number => turn.get(`node/${entry.work.node.name}`) ?? -1;
  return [...placed].sort(
    (a, b) =>
      Number(a.leads) - Number(b.leads) || turnOf(b) - turnOf(a) || compareText(b.work.node.name, a.work.node.name),
  );
}
