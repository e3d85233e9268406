/** A plan as the stepper needs it: turns with their links, nodes with their clusters, and the saga's program. */
import type { Action } from '../../actions/instruction.ts';
import { isSchemaStep } from '../../actions/schema-step.ts';
import { ThemisError } from '../../kernel/error.ts';
import { topologicalOrder } from '../../kernel/graph.ts';
import type { DesiredNode } from '../../model/desired.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import type { Estimates } from '../../model/rollout-record.ts';
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

export interface ProgramInput {
  readonly plan: Plan;
  /** Every node of the fleet. */
  readonly nodes: readonly DesiredNode[];
  readonly actions: ActionLookup;
  readonly onFailure: 'rollback' | 'pause';
  readonly maxReplicationLagMs: number;
  readonly estimates: Estimates;
}

export function buildProgram(input: ProgramInput): FleetProgram {
  const { plan, onFailure } = input;
  const { views, clusters } = buildClusters(input);
  const order = orderOf(plan);
  const turns = makeTurns(input, views);
  const needs = new Map<string, Set<string>>(plan.steps.map((step) => [step.id, new Set(step.needs)]));
  for (const id of order) {
    const turn = turns.get(id)!;
    if (turn.node === null) continue;
    const previous = turn.node.turns.at(-1);
    // Two steps of one node never overlap, whatever the plan says of them.
    if (previous !== undefined) needs.get(id)!.add(previous.step.id);
    turn.hop = turn.node.turns.length;
    turn.node.turns.push(turn);
  }
  const lastHop = plan.steps.reduce((last, step) => Math.max(last, step.hop ?? 0), 0);
  for (const [id, list] of needs) {
    const turn = turns.get(id)!;
    // The last hop of a plan has no number. Where no hop is numbered at all, a node's own steps are counted.
    turn.level = lastHop === 0 ? turn.hop : (turn.step.hop ?? lastHop + 1) - 1;
    turn.rank = turn.level;
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

function buildClusters({ plan, nodes, maxReplicationLagMs }: ProgramInput): {
  views: Map<string, NodeView>;
  clusters: Map<string, Cluster>;
} {
  const clusters = new Map<string, Cluster>();
  const views = new Map<string, NodeView>();
  for (const { name, cluster: clusterName } of nodes) {
    let cluster = clusters.get(clusterName);
    if (cluster === undefined) {
      clusters.set(clusterName, (cluster = new Cluster(clusterName)));
      cluster.maxReplicationLagMs = maxReplicationLagMs;
    }
    // Nothing is known yet: down until it is seen.
    const view: NodeView = {
      name,
      cluster,
      up: true,
      bare: false,
      role: 'unknown',
      replication: undefined,
      lagging: false,
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

function makeTurns({ plan, nodes, actions, estimates }: ProgramInput, views: ReadonlyMap<string, NodeView>) {
  const turns = new Map<string, Turn>();
  const deferred = new Set(plan.deferred.map((one) => one.step));
  const switchMs = new Map(plan.schedule.map((one) => [one.step, one.estimateMs]));
  const tenants = tenantsOf(plan, nodes);
  for (const [index, step] of plan.steps.entries()) {
    const node = nodeOf(step, views);
    const ownMs = switchMs.get(step.id) ?? 0;
    const inverse = step.irreversible === undefined ? actions(step).inverse(step) : undefined;
    turns.set(step.id, {
      step,
      kind: node !== null ? 'node' : isSchemaStep(step) ? 'schema' : 'gate',
      node,
      undo: inverse === undefined ? 'irreversible' : inverse.length === 0 ? 'none' : 'inverse',
      hop: 0,
      level: 0,
      priority: index,
      rank: 0,
      place: deferred.has(step.id) ? 'never' : 'pending',
      inDoubt: false,
      links: [],
      missing: 0,
      released: false,
      postponed: false,
      silentSinceMs: null,
      refusedSinceMs: null,
      attempts: 0,
      tenants: node === null ? [] : (tenants.get(node.name) ?? []),
      // A way back that was never measured takes as long as the way there.
      needMs: ownMs + (estimates.rollbackMs ?? ownMs),
      critical: step.params?.['critical'] === true,
      bar: null,
      endOrder: -1,
      asBefore: false,
    });
  }
  return turns;
}

/** By node: those that the plan names, and those it serves now, should its plan be older. */
function tenantsOf(plan: Plan, nodes: readonly DesiredNode[]): ReadonlyMap<string, readonly string[]> {
  const tenants = new Map(nodes.filter((node) => node.tenants.length > 0).map((node) => [node.name, node.tenants]));
  for (const one of plan.constraints) {
    if (one.kind !== 'window') continue;
    tenants.set(one.node, [...new Set([...(tenants.get(one.node) ?? []), ...one.tenants])].sort());
  }
  return tenants;
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
