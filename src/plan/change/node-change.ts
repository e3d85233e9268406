/**
 * Observed node × target set → what must change on it, if anything: install, update, repair of drift, or return to a
 * restore point. All packages of a node change in one switch, in dependency order. Worked out once for all nodes that
 * are alike; only restore points are looked up node by node. What cannot be done is noted, never attempted.
 */
import semver from 'semver';
import { digestJson, shortDigest } from '../../kernel/digest.ts';
import type { DesiredNode } from '../../model/desired.ts';
import type { FileDrift, ReachableNode, RestorePointSummary } from '../../model/observed.ts';
import type { StepKind } from '../../model/plan.ts';
import type { Notes, Sentence } from '../findings/notes.ts';
import type { PlanFindingKind } from '../findings/plan-codes.ts';
import type { TargetPackage, Targets, TargetSet } from '../target/target-sets.ts';
import { changeRemarks } from './change-remarks.ts';
import type { NodeState, NodeStates } from './node-state.ts';
import { sameManifests } from './node-state.ts';
import type { Transitions } from './transitions.ts';

/** What all nodes that change alike share. */
export interface ChangeShape {
  readonly kind: Exclude<StepKind, 'stage-promote'>;
  readonly before: NodeState;
  readonly after: NodeState;
  /** In dependency order; empty for a repair. */
  readonly transitions: readonly string[];
  /** Packages to switch, in dependency order: those that change and those that drifted. */
  readonly packages: readonly string[];
  readonly reason: string;
  /** First hex digits of the digest over all that the change is. */
  readonly digest: string;
  readonly bytes: number;
}

export interface NodeChange {
  readonly node: DesiredNode;
  readonly shape: ChangeShape;
  /** Made of the present state before the change. */
  readonly restorePoint: string;
  /** The restore point to return to; undefined unless the kind is `node-rollback`. */
  readonly returnTo: string | undefined;
}

/** Something to say about every node of a shape; `refuses` drops the change. */
export interface Remark {
  readonly kind: PlanFindingKind;
  readonly key: string;
  readonly refuses: boolean;
  readonly say: (names: string, count: number) => Sentence;
}

interface Assessment {
  readonly shape: ChangeShape | undefined;
  readonly remarks: readonly Remark[];
}

export interface DiffContext {
  readonly targets: Targets;
  readonly states: NodeStates;
  readonly transitions: Transitions;
  readonly maxMinorSkew: number;
  readonly at: string;
}

/** `refused`: something should change and may not; the notes say why. */
export type Difference = NodeChange | 'refused' | undefined;

export type Diff = (node: DesiredNode, observed: ReachableNode, notes: Notes) => Difference;

export function createDiff(context: DiffContext): Diff {
  const assessments = new Map<string, Assessment>();
  return (node, observed, notes) => {
    const set = context.targets.of(observed.platform, observed.architecture);
    const before = context.states.of(observed.packages);
    const drift =
      observed.drift.length === 0 ? observed.drift : observed.drift.filter((file) => manages(set, before, file));
    if (drift.length < observed.drift.length) noteUnmanagedDrift(node.name, notes);
    const key = `${set.key}\n${before.key}\n${drift.map((file) => `${file.package}\t${file.path}`).join('\n')}`;
    let assessment = assessments.get(key);
    if (assessment === undefined) {
      assessment = assess(set, before, drift, context);
      assessments.set(key, assessment);
    }
    for (const remark of assessment.remarks) notes.gather(remark.kind, remark.key, node.name, remark.say);
    const { shape, remarks } = assessment;
    if (shape !== undefined) return changeOf(node, observed, shape, notes);
    return remarks.some((remark) => remark.refuses) ? 'refused' : undefined;
  };
}

function changeOf(node: DesiredNode, observed: ReachableNode, shape: ChangeShape, notes: Notes): Difference {
  const restorePoint = freshRestorePoint(shape.digest, observed.restorePoints);
  if (shape.kind !== 'node-rollback') return { node, shape, restorePoint, returnTo: undefined };
  const found = observed.restorePoints.find((point) => sameManifests(point.packages, shape.after.packages));
  if (found !== undefined) return { node, shape, restorePoint, returnTo: found.id };
  notes.gather('downgradeWithoutRestorePoint', shape.digest, node.name, (names) => ({
    summary: `${shape.reason}, and no restore point on ${names} holds exactly that.`,
    fix: 'Return to a version that a restore point holds (`themis node restore-points`), or go forward to a newer release.',
  }));
  return 'refused';
}

/** Derived from the change; numbered only where the node already keeps one of that name. */
export function freshRestorePoint(digest: string, existing: readonly RestorePointSummary[]): string {
  const name = `before-${digest}`;
  if (!existing.some((point) => point.id === name)) return name;
  let count = 2;
  while (existing.some((point) => point.id === `${name}-${count}`)) count += 1;
  return `${name}-${count}`;
}

function manages(set: TargetSet, before: NodeState, file: FileDrift): boolean {
  return set.byName.has(file.package) && before.packages[file.package] !== undefined;
}

function noteUnmanagedDrift(node: string, notes: Notes): void {
  notes.gather('driftUnmanaged', '', node, (names) => ({
    summary: `Files of packages that the Fleet does not list drifted on ${names}; they are left alone.`,
  }));
}

function assess(set: TargetSet, before: NodeState, drift: readonly FileDrift[], context: DiffContext): Assessment {
  const changing = set.packages.filter(
    (target) => before.packages[target.name]?.manifestHash !== target.installed.manifestHash,
  );
  const drifted = new Set(drift.map((file) => file.package));
  const repaired = set.packages.filter((target) => drifted.has(target.name) && !changing.includes(target));
  const remarks = changeRemarks(set, before, changing, context);
  if (changing.length + repaired.length === 0 || remarks.some((remark) => remark.refuses))
    return { shape: undefined, remarks };
  const packages = { ...before.packages };
  for (const target of changing) packages[target.name] = target.installed;
  const after = context.states.of(packages);
  const transitions = changing.map((target) => transitionOf(target, before, context));
  const kind = kindOf(changing, before);
  const reason = reasonOf(changing, before, repaired, drift, kind);
  const switched = set.packages.filter((target) => changing.includes(target) || repaired.includes(target));
  const names = switched.map((target) => target.name);
  const digest = shortDigest(digestJson([kind, before.packages, after.packages, names]));
  const bytes = transitions.reduce((sum, { files }) => sum + files.bytes, 0) + driftBytes(repaired, drift);
  const ids = transitions.map(({ id }) => id);
  return { shape: { kind, before, after, transitions: ids, packages: names, reason, digest, bytes }, remarks };
}

function transitionOf(target: TargetPackage, before: NodeState, context: DiffContext) {
  const from = before.packages[target.name];
  const fromManifest = from === undefined ? undefined : context.targets.manifestOf(from.manifestHash);
  return context.transitions.between(target.name, from, fromManifest, target.installed, target.manifest);
}

function kindOf(changing: readonly TargetPackage[], before: NodeState): ChangeShape['kind'] {
  if (changing.length === 0) return 'node-repair';
  const older = (target: TargetPackage): boolean => {
    const from = before.packages[target.name];
    return from !== undefined && semver.lt(target.installed.version, from.version);
  };
  if (changing.some(older)) return 'node-rollback';
  return changing.every((target) => before.packages[target.name] === undefined) ? 'node-install' : 'node-update';
}

function reasonOf(
  changing: readonly TargetPackage[],
  before: NodeState,
  repaired: readonly TargetPackage[],
  drift: readonly FileDrift[],
  kind: ChangeShape['kind'],
): string {
  const changes = changing.map((target) => {
    const from = before.packages[target.name];
    const { version } = target.installed;
    const wants = target.neededBy === undefined ? 'the fleet wants' : `${target.neededBy} needs`;
    if (from === undefined) return `${target.name} is not installed, ${wants} ${version}`;
    if (from.version === version)
      return `${target.name} ${version} is installed from another manifest than the lock pins`;
    return `${target.name} ${from.version} is installed, ${wants} ${kind === 'node-rollback' ? 'back ' : ''}${version}`;
  });
  const repairs = repaired.map((target) => {
    const count = drift.filter((file) => file.package === target.name).length;
    return `${count} ${count === 1 ? 'file' : 'files'} of ${target.name} ${count === 1 ? 'is' : 'are'} not what ${target.installed.version} says`;
  });
  return [...changes, ...repairs].join('; ');
}

function driftBytes(repaired: readonly TargetPackage[], drift: readonly FileDrift[]): number {
  let bytes = 0;
  for (const target of repaired) {
    const paths = new Set(drift.filter((file) => file.package === target.name).map((file) => file.path));
    for (const file of target.manifest.files) if (paths.has(file.path)) bytes += file.sizeBytes;
  }
  return bytes;
}
