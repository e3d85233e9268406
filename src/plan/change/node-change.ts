/**
 * Observed node × target set → what must change on it, if anything: install, update, repair of drift, or return to a
 * restore point. All packages of a node that change in one hop change in one switch. Worked out once for all nodes
 * that are alike; only restore points are looked up node by node. What cannot be done is noted, never attempted.
 */
import type { DesiredNode } from '../../model/desired.ts';
import type { FileDrift, ReachableNode, RestorePointSummary } from '../../model/observed.ts';
import type { Notes, Sentence } from '../findings/notes.ts';
import type { PlanFindingKind } from '../findings/plan-codes.ts';
import type { HopPaths } from '../hops/hop-paths.ts';
import type { TargetPackage, Targets, TargetSet } from '../target/target-sets.ts';
import { arrivalRemarks, noWay, presentRemarks } from './change-remarks.ts';
import { changeShape, kindOf, type ChangeShape, type Leg } from './change-shape.ts';
import type { NodeState, NodeStates } from './node-state.ts';
import { sameManifests } from './node-state.ts';
import type { Transitions } from './transitions.ts';

/** One switch of one node. */
export interface NodeLeg {
  readonly shape: ChangeShape;
  /** Made of the present state before the change. */
  readonly restorePoint: string;
  /** The restore point to return to; undefined unless the kind is `node-rollback`. */
  readonly returnTo: string | undefined;
}

export interface NodeChange {
  readonly node: DesiredNode;
  /** In the order in which the node takes them; the last leads to the target. */
  readonly legs: readonly [NodeLeg, ...NodeLeg[]];
}

/** Something to say about every node of a shape; `refuses` drops the change. */
export interface Remark {
  readonly kind: PlanFindingKind;
  readonly key: string;
  readonly refuses: boolean;
  readonly say: (names: string, count: number) => Sentence;
}

interface Assessment {
  /** Empty: nothing changes, or nothing may. */
  readonly shapes: readonly ChangeShape[];
  readonly remarks: readonly Remark[];
}

export interface DiffContext {
  readonly targets: Targets;
  readonly states: NodeStates;
  readonly transitions: Transitions;
  readonly paths: HopPaths;
  readonly at: string;
}

/** `refused`: something should change and may not; the notes say why. */
export type Difference = NodeChange | 'refused' | undefined;

export type Diff = (node: DesiredNode, observed: ReachableNode, notes: Notes) => Difference;

export function createDiff(context: DiffContext): Diff {
  const assessments = new Map<TargetSet, Map<NodeState, Map<string, Assessment>>>();
  return (node, observed, notes) => {
    const set = context.targets.of(observed.platform, observed.architecture);
    const before = context.states.of(observed.packages);
    const drift =
      observed.drift.length === 0 ? observed.drift : observed.drift.filter((file) => manages(set, before, file));
    if (drift.length < observed.drift.length) noteUnmanagedDrift(node.name, notes);
    const known = assessmentsOf(assessments, set, before);
    const key = drift.map((file) => `${file.package}\t${file.path}`).join('\n');
    let assessment = known.get(key);
    if (assessment === undefined) known.set(key, (assessment = assess(set, before, drift, context)));
    for (const remark of assessment.remarks) notes.gather(remark.kind, remark.key, node.name, remark.say);
    const { shapes, remarks } = assessment;
    if (shapes.length > 0) return changeOf(node, observed, shapes, notes);
    return remarks.some((remark) => remark.refuses) ? 'refused' : undefined;
  };
}

function assessmentsOf<T>(
  all: Map<TargetSet, Map<NodeState, Map<string, T>>>,
  set: TargetSet,
  before: NodeState,
): Map<string, T> {
  let byState = all.get(set);
  if (byState === undefined) all.set(set, (byState = new Map()));
  let known = byState.get(before);
  if (known === undefined) byState.set(before, (known = new Map()));
  return known;
}

function changeOf(
  node: DesiredNode,
  observed: ReachableNode,
  shapes: readonly ChangeShape[],
  notes: Notes,
): Difference {
  const legs: NodeLeg[] = [];
  for (const shape of shapes) {
    const restorePoint = freshRestorePoint(shape.digest, observed.restorePoints);
    const returnTo = shape.kind === 'node-rollback' ? restorePointOf(shape, observed) : undefined;
    if (shape.kind === 'node-rollback' && returnTo === undefined) {
      notes.gather('downgradeWithoutRestorePoint', shape.digest, node.name, (names) => ({
        summary: `${shape.reason}, and no restore point on ${names} holds exactly that.`,
        fix: 'Return to a version that a restore point holds (`themis node restore-points`), or go forward to a newer release.',
      }));
      return 'refused';
    }
    legs.push({ shape, restorePoint, returnTo });
  }
  return { node, legs: legs as [NodeLeg, ...NodeLeg[]] };
}

function restorePointOf(shape: ChangeShape, observed: ReachableNode): string | undefined {
  return observed.restorePoints.find((point) => sameManifests(point.packages, shape.after.packages))?.id;
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
  const remarks = [...presentRemarks(set, before, changing, context)];
  if (changing.length === 0 && drift.length === 0) return { shapes: [], remarks };
  if (changing.some(({ installed }) => context.targets.isYanked(installed.manifestHash)))
    return { shapes: [], remarks: [...remarks, ...arrivalRemarks(before, changing, context)] };
  // Back to a restore point goes in one switch, or not at all.
  const path =
    changing.length === 0 || kindOf(changing, before) === 'node-rollback'
      ? { kind: 'path' as const, hops: [] }
      : context.paths(set, before.packages, context.targets);
  if (path.kind === 'none') return { shapes: [], remarks: [...remarks, noWay(changing, before, path)] };
  const legs = legsOf(set, before, drift, path.hops, context);
  for (const leg of legs) remarks.push(...arrivalRemarks(leg.before, leg.changing, context));
  const refused = remarks.some((remark) => remark.refuses);
  return { shapes: refused ? [] : legs.map((leg) => changeShape(leg, context)), remarks };
}

function legsOf(
  set: TargetSet,
  before: NodeState,
  drift: readonly FileDrift[],
  hops: readonly (readonly TargetPackage[])[],
  context: DiffContext,
): readonly Leg[] {
  const drifted = new Set(drift.map((file) => file.package));
  const legs: Leg[] = [];
  let state = before;
  const critical = set.packages.some((target) => isArriving(target, before) && target.manifest.isCritical);
  for (const [index, hop] of [...hops, set.packages].entries()) {
    const towards = index < hops.length ? set : undefined;
    const changing = hop.filter((target) => isArriving(target, state));
    // The first switch mends what drifted: none may start the service on files that are not what they should be.
    const repaired = index > 0 ? [] : repairs(set, state, drifted, changing, context.targets);
    const known = new Set([...changing, ...repaired]);
    const switched = towards === undefined ? set.packages.filter((target) => known.has(target)) : [...known];
    const arrives = changing.some((target) => target.manifest.isCritical);
    legs.push({
      before: state,
      changing,
      repaired,
      switched,
      drift: index > 0 ? [] : drift,
      critical: critical || arrives,
      start: before,
      towards,
    });
    const packages = { ...state.packages };
    for (const target of changing) packages[target.name] = target.installed;
    state = context.states.of(packages);
  }
  return legs;
}

function isArriving({ name, installed }: TargetPackage, state: NodeState): boolean {
  return state.packages[name]?.manifestHash !== installed.manifestHash;
}

/** Drifted packages that this switch does not replace anyway, as they are installed. */
function repairs(
  set: TargetSet,
  state: NodeState,
  drifted: ReadonlySet<string>,
  changing: readonly TargetPackage[],
  targets: Targets,
): readonly TargetPackage[] {
  const replaced = new Set(changing.map(({ name }) => name));
  return set.packages.flatMap((target): TargetPackage[] => {
    const { name } = target;
    if (!drifted.has(name) || replaced.has(name)) return [];
    if (!isArriving(target, state)) return [target];
    const installed = state.packages[name]!;
    const manifest = targets.manifestOf(installed.manifestHash);
    return manifest === undefined ? [] : [{ name, manifest, installed }];
  });
}
