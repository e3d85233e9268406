/**
 * One run of `apply` in a simulated world, in the order that the real one keeps: lease, look, recover, go on with what
 * is open or plan anew, execute. Everything it decides with is the real thing; only clock, nodes and store are not.
 */
import { actionOf } from '../../../actions/index.ts';
import { collect } from '../../../fleet/collect.ts';
import { execute, supersede, type ExecutionReport } from '../../../fleet/execute/execute.ts';
import type { StepperPolicy } from '../../../fleet/execute/decision.ts';
import type { ExecutionRequest } from '../../../fleet/execute/request.ts';
import type { MetricsSource } from '../../../fleet/evidence/sources.ts';
import { keepLease, takeLease, type KeptLease } from '../../../fleet/lease.ts';
import { NodeCalls } from '../../../fleet/node-calls.ts';
import { nodesInDoubt, recoverNodes } from '../../../fleet/recover.ts';
import type { Digest } from '../../../kernel/digest.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { DesiredApproval, DesiredNode, DesiredTenant } from '../../../model/desired.ts';
import type { EventBody } from '../../../model/event.ts';
import type { Observed } from '../../../model/observed.ts';
import type { Plan } from '../../../model/plan.ts';
import type { RolloutRecord } from '../../../model/rollout-record.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Store } from '../../../ports/store.ts';
import type { Transport } from '../../../ports/transport.ts';

export interface Planned {
  readonly plan: Plan;
  /** undefined: what the plan tells. */
  readonly stages: readonly (readonly string[])[] | undefined;
}

export interface ControllerWorld {
  readonly clock: Clock;
  readonly store: Store;
  readonly transport: Transport;
  readonly nodes: readonly DesiredNode[];
  readonly tenants: readonly DesiredTenant[];
  readonly target: Digest;
  readonly policy: StepperPolicy;
  plan(observed: Observed, record: RolloutRecord): Planned;
  approvals(): readonly DesiredApproval[];
  emit(event: EventBody): void;
  /** Where gates find their readings; absent: nowhere. */
  readonly metrics?: MetricsSource;
}

export interface Signals {
  readonly soft?: AbortSignal;
  readonly hard?: AbortSignal;
}

export type Run =
  | { readonly kind: 'executed'; readonly steps: number; readonly report: ExecutionReport }
  | { readonly kind: 'empty' | 'incomplete'; readonly steps: number }
  /** The planner found errors, or a person has to lift something first. */
  | { readonly kind: 'refused'; readonly steps: number; readonly plan: Plan };

const observedAtOnce = 32;
/** A planner refuses an incomplete look; a person looks again. */
const looks = 20;

export async function applyOnce(id: string, world: ControllerWorld, signals: Signals = {}): Promise<Run> {
  const { clock, store } = world;
  const never = new AbortController().signal;
  const { soft = never, hard = never } = signals;
  const holder = { id, who: id, host: 'simulation', pid: 1, pidStartedAt: null, purpose: 'apply' };
  const waiting = { timeoutMs: 0, signal: soft, onWait: () => {} };
  const lease = keepLease(await takeLease(store.lease, holder, clock, waiting), clock);
  try {
    return await underLease(id, world, lease, { soft, hard });
  } finally {
    await lease.release();
  }
}

async function underLease(
  id: string,
  world: ControllerWorld,
  lease: KeptLease,
  { soft, hard }: Required<Signals>,
): Promise<Run> {
  const { transport, store, clock, nodes, tenants } = world;
  const observed = await lookAndRecover(world, lease.token, hard);
  const record = await store.readRecord();
  const chosen = await choose(id, world, observed, record, lease.token);
  if ('kind' in chosen) return chosen;
  const { plan } = chosen;
  const report = await execute(
    {
      ...chosen,
      nodes,
      tenants,
      observed,
      record,
      token: lease.token,
      actions: actionOf,
      policy: world.policy,
      locate: () => ({ kind: 'directory', directory: '/releases', path: 'release' }),
      approvals: () => Promise.resolve(world.approvals()),
      emit: (event) => world.emit(event),
      soft,
      hard,
      lost: lease.lost,
    },
    { transport, store, clock, ...(world.metrics === undefined ? {} : { metrics: world.metrics }) },
  );
  return { kind: 'executed', steps: plan.steps.length, report };
}

async function lookAndRecover(world: ControllerWorld, token: number, signal: AbortSignal): Promise<Observed> {
  const { transport, store, clock, nodes } = world;
  const looking = { parallelism: observedAtOnce, full: false, signal };
  let seen = await collect(transport, nodes, looking);
  for (let tries = 0; tries < looks; tries += 1) {
    const silent = new Set(seen.nodes.filter((one) => !one.reachable).map(({ name }) => name));
    if (silent.size === 0) break;
    const again = await collect(
      transport,
      nodes.filter(({ name }) => silent.has(name)),
      looking,
    );
    const found = new Map(again.nodes.map((one) => [one.name, one]));
    const nodesSeen = seen.nodes.map((one) => found.get(one.name) ?? one);
    seen = { nodes: nodesSeen, databases: seen.databases };
  }
  const calls = new NodeCalls(transport, nodes, { store: store.id, token });
  const { observed } = await recoverNodes(seen, calls, {
    clock,
    inDoubt: await nodesInDoubt(store),
    parallelism: 8,
    signal,
    emit: (event) => world.emit(event),
  });
  return observed;
}

type Chosen = Pick<ExecutionRequest, 'header' | 'plan' | 'journal' | 'membership'>;

/** What is open goes on while the target is the same; otherwise the fleet is planned anew. */
async function choose(
  id: string,
  world: ControllerWorld,
  observed: Observed,
  record: RolloutRecord,
  token: number,
): Promise<Chosen | Run> {
  const { store, clock, target } = world;
  const open = await store.openExecutionOf();
  if (open !== null && open.targetDigest === target) {
    return { header: open, plan: await store.readPlan(open.id), journal: await store.readJournal(open.id) };
  }
  const { plan, stages } = world.plan(observed, record);
  if (open !== null) await supersede(store, clock, open.id, token, 'another target');
  if (observed.nodes.some((one) => !one.reachable)) return { kind: 'incomplete', steps: plan.steps.length };
  if (!plan.applyable) return { kind: 'refused', steps: plan.steps.length, plan };
  if (plan.steps.length === 0) return { kind: 'empty', steps: 0 };
  const { planDigest, targetDigest } = plan;
  const startedAt = formatInstant(clock.nowMs());
  const header = { id: `e-${token}`, kind: 'apply', planDigest, targetDigest, startedAt, by: id } as const;
  return { header, plan, journal: null, ...(stages === undefined ? {} : { membership: stages }) };
}
