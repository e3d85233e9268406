/** A plan as the stepper needs it: turns with their links, nodes with their clusters, and the saga's program. */
import type { Action } from '../../actions/instruction.ts';
import { ThemisError } from '../../kernel/error.ts';
import { topologicalOrder } from '../../kernel/graph.ts';
import { parseInstant } from '../../kernel/units/instant.ts';
import type { DesiredNode } from '../../model/desired.ts';
import type { Plan, PlanStep, ScheduledStep } from '../../model/plan.ts';
import type { SagaProgram } from '../../saga/program.ts';
import { Cluster } from './cluster.ts';
import type { NodeView, Turn } from './turn.ts';

export type ActionLookup = (step: PlanStep) => Action<PlanStep>;

export interface FleetProgram {
  readonly turns: ReadonlyMap<string, Turn>;
  readonly nodes: ReadonlyMap<string, NodeView>;
  readonly clusters: ReadonlyMap<string, Cluster>;
  readonly saga: SagaProgram;
}

export function buildProgram(
  plan: Plan,
  nodes: readonly DesiredNode[],
  actions: ActionLookup,
  onFailure: 'rollback' | 'pause',
): FleetProgram {
  const { views, clusters } = buildClusters(plan, nodes);
  const order = orderOf(plan);
  const turns = new Map<string, Turn>();
  const deferred = new Set(plan.deferred.map((one) => one.step));
  const windows = new Map(plan.schedule.map((one) => [one.step, one]));
  for (const [index, step] of plan.steps.entries()) {
    turns.set(
      step.id,
      makeTurn(step, index, nodeOf(step, views), actions, deferred.has(step.id), windows.get(step.id)),
    );
  }
  const needs = new Map<string, Set<string>>(plan.steps.map((step) => [step.id, new Set(step.needs)]));
  for (const id of order) {
    const turn = turns.get(id)!;
    if (turn.node === null) continue;
    const previous = turn.node.turns.at(-1);
    // Two steps of one node never overlap, whatever the plan says of them.
    if (previous !== undefined) needs.get(id)!.add(previous.step.id);
    turn.hop = turn.node.turns.length;
    turn.rank = turn.hop;
    turn.node.turns.push(turn);
  }
  for (const [id, list] of needs) {
    const turn = turns.get(id)!;
    for (const need of list) {
      turns.get(need)!.links.push(turn);
      turn.missing += 1;
    }
  }
  return { turns, nodes: views, clusters, saga: sagaOf(plan, turns, onFailure) };
}

/** Of the saga's needs only those on gates: a need on a node's step gives way when that node leads. */
function sagaOf(plan: Plan, turns: ReadonlyMap<string, Turn>, onFailure: 'rollback' | 'pause'): SagaProgram {
  return {
    operation: plan.planDigest,
    onFailure: onFailure === 'rollback' ? 'undo' : 'stop',
    undoFailed: true,
    steps: plan.steps.map((step) => ({
      id: step.id,
      needs: step.needs.filter((need) => turns.get(need)!.node === null),
      undo: turns.get(step.id)!.undo,
    })),
  };
}

function orderOf(plan: Plan): readonly string[] {
  const needs = new Map(plan.steps.map((step) => [step.id, step.needs]));
  if (needs.size !== plan.steps.length) throw new ThemisError('BUG', 'the plan holds a step twice');
  for (const [id, list] of needs) {
    const unknown = list.find((need) => !needs.has(need));
    if (unknown !== undefined)
      throw new ThemisError('BUG', `step ${id} needs ${unknown}, which the plan does not hold`);
  }
  const sorted = topologicalOrder(needs);
  if ('cycle' in sorted) throw new ThemisError('BUG', `the plan's steps need each other: ${sorted.cycle.join(' → ')}`);
  return sorted.order;
}

function buildClusters(
  plan: Plan,
  nodes: readonly DesiredNode[],
): { views: Map<string, NodeView>; clusters: Map<string, Cluster> } {
  const clusters = new Map<string, Cluster>();
  const views = new Map<string, NodeView>();
  for (const { name, cluster: clusterName } of nodes) {
    let cluster = clusters.get(clusterName);
    if (cluster === undefined) clusters.set(clusterName, (cluster = new Cluster(clusterName)));
    // Nothing is known yet: down until it is seen.
    const view: NodeView = {
      name,
      cluster,
      up: true,
      bare: false,
      role: 'unknown',
      versions: {},
      held: null,
      turns: [],
    };
    cluster.members.push(view);
    cluster.setUp(view, false);
    views.set(name, view);
  }
  for (const constraint of plan.constraints) {
    if (constraint.kind !== 'window') clusters.get(constraint.cluster)?.constrain(constraint);
  }
  return { views, clusters };
}

function makeTurn(
  step: PlanStep,
  index: number,
  node: NodeView | null,
  actions: ActionLookup,
  deferred: boolean,
  window: ScheduledStep | undefined,
): Turn {
  const closesAtMs = parseInstant(window?.closesAt ?? '') ?? Infinity;
  const inverse = step.irreversible === undefined ? actions(step).inverse(step) : undefined;
  return {
    step,
    node,
    undo: inverse === undefined ? 'irreversible' : inverse.length === 0 ? 'none' : 'inverse',
    hop: 0,
    priority: index,
    rank: 0,
    place: deferred ? 'never' : 'pending',
    inDoubt: false,
    links: [],
    missing: 0,
    released: false,
    postponed: false,
    silentSinceMs: null,
    refusedSinceMs: null,
    attempts: 0,
    opensAtMs: parseInstant(window?.opensAt ?? '') ?? -Infinity,
    startBeforeMs: closesAtMs - (window?.estimateMs ?? 0),
    endOrder: -1,
    asBefore: false,
  };
}

function nodeOf(step: PlanStep, views: ReadonlyMap<string, NodeView>): NodeView | null {
  if (!step.target.startsWith('node/')) return null;
  const view = views.get(step.target.slice('node/'.length));
  if (view === undefined) {
    throw new ThemisError('STALE_PLAN', `the plan has a step for ${step.target}, which the fleet no longer has`, {
      hint: 'plan again',
    });
  }
  return view;
}
