/**
 * A simulated fleet with a store and controllers that can be killed: what property tests of the executor run. Every
 * disturbance of a node is held against the promises the moment it happens.
 */
import { actionOf } from '../../src/actions/index.ts';
import { SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { createMemoryState, createMemoryStore } from '../../src/adapters/store/memory.ts';
import { SimulatedFleet, type SimulatedFaults } from '../../src/adapters/transport/simulated/fleet.ts';
import type {
  NodeChange,
  OperationBody,
  SimulatedNode,
  SimulatedState,
} from '../../src/adapters/transport/simulated/node.ts';
import { seededRandom, type Random } from '../../src/adapters/transport/simulated/seeded-random.ts';
import { collect } from '../../src/fleet/collect.ts';
import { execute, supersede, type ExecutionReport } from '../../src/fleet/execute/execute.ts';
import { keepLease, takeLease } from '../../src/fleet/lease.ts';
import { maySkew } from '../../src/fleet/line/skew.ts';
import { NodeCalls } from '../../src/fleet/node-calls.ts';
import { nodesInDoubt, recoverNodes } from '../../src/fleet/recover.ts';
import { canonicalJson } from '../../src/kernel/canonical-json.ts';
import { formatInstant } from '../../src/kernel/units/instant.ts';
import { digestJson, type Digest } from '../../src/kernel/digest.ts';
import type { DesiredApproval, DesiredNode } from '../../src/model/desired.ts';
import type { EventBody } from '../../src/model/event.ts';
import type { Observed } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { RolloutRecord } from '../../src/model/rollout-record.ts';
import type { ReleaseManifest } from '../../src/model/release.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import { planRollout } from '../../src/plan/plan.ts';
import type { Store } from '../../src/ports/store.ts';
import { desiredNode, installed, planInputs, release, rollout, stage } from './fleet-fixture.ts';
import { hopPlan, planProblems } from './world-plans.ts';
import { Killer, type Kill } from './killer.ts';
import { codes } from './plan-facts.ts';

export interface WorldOptions {
  readonly seed: number;
  /** Members of each cluster. */
  readonly sizes: readonly number[];
  readonly maxUnavailable?: number;
  /** Number of stages, all of equal share. */
  readonly stages?: number;
  readonly bakeMs?: number;
  readonly approval?: boolean;
  readonly onFailure?: 'rollback' | 'pause';
  readonly parallelism?: number;
  readonly faults?: SimulatedFaults;
  readonly from?: string;
  /** A version on the way, which every node takes first: two minors apart are too far. */
  readonly via?: string;
  /** How many members of each cluster, its last ones, have nothing installed yet. */
  readonly bare?: number;
  /** What the nodes that are not bare begin with, in turn; absent: `from`, as it should be. The first always lags behind. */
  readonly starts?: readonly NodeStart[];
  readonly to?: string;
  /** Off where only costs are counted. */
  readonly check?: boolean;
}

export interface NodeStart {
  readonly version: string;
  readonly drifted: boolean;
}

/** What a controller may know is never older than its last look plus the phases before a service stops. */
const graceMs = 15_000;

export class FleetWorld {
  readonly clock = new SimulatedClock();
  readonly options: WorldOptions;
  readonly random: Random;
  readonly nodes: DesiredNode[] = [];
  readonly fleet: SimulatedFleet;
  readonly state = createMemoryState();
  readonly events: EventBody[] = [];
  readonly problems: string[] = [];
  readonly starts: ReadonlyMap<string, SimulatedState>;
  readonly target: Digest;
  approvals: DesiredApproval[] = [];
  /** What the desired state asks for; change it to make the next run plan something else. */
  to: string;
  readonly from: string;
  #dead = new Set<string>();
  #controllers = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.random = seededRandom(options.seed);
    this.from = options.from ?? '1.4.0';
    this.to = options.to ?? '1.5.0';
    this.target = targetOf(this.to);
    for (const [index, size] of options.sizes.entries()) {
      for (let member = 0; member < size; member += 1) {
        this.nodes.push(desiredNode(`n${index}-${member}`, { cluster: `c${index}` }));
      }
    }
    this.starts = new Map(this.nodes.map(({ name }, index) => [name, this.#start(name, index)]));
    this.fleet = new SimulatedFleet({
      clock: this.clock,
      random: this.random,
      nodes: this.nodes.map(({ name, cluster }) => ({ name, cluster, ...this.starts.get(name)! })),
      ...(options.faults === undefined ? {} : { faults: options.faults }),
      ...(options.check === false ? {} : { onChange: (one, change) => this.#check(one, change) }),
    });
  }

  get store(): Store {
    return createMemoryStore(this.state, this.clock, (holder) => !this.#dead.has(holder.id));
  }

  versions(): Record<string, string> {
    return Object.fromEntries(
      [...this.fleet.nodes.values()].map((one) => [one.name, one.packages['db']?.version ?? 'none']),
    );
  }

  distinctVersions(): string[] {
    return [...new Set(Object.values(this.versions()))].sort();
  }

  /** Leadership moves now and then for this long. */
  unrest(durationMs: number, everyMs: number): void {
    const clusters = [...this.fleet.clusters];
    for (let atMs = everyMs; atMs < durationMs; atMs += everyMs) {
      this.clock.at(this.clock.nowMs() + atMs, () =>
        this.fleet.moveLeader(clusters[Math.floor(this.random() * clusters.length)]!),
      );
    }
  }

  /** One run of `apply`, alive to its end or killed at a journal write; null when it was killed. */
  async apply(kill?: Kill, signals: Signals = {}): Promise<Run | null> {
    this.#controllers += 1;
    const id = `controller-${this.#controllers}`;
    const killer = new Killer(kill);
    const run = this.#controller(id, killer, signals);
    const outcome = await this.clock.runUntil(Promise.race([run, killer.died]));
    if (outcome === null) this.#dead.add(id);
    return outcome;
  }

  async #controller(id: string, killer: Killer, signals: Signals): Promise<Run> {
    const clock = killer.clock(this.clock);
    const store = killer.store(this.store);
    const transport = killer.transport(this.fleet);
    const { soft = never, hard = never } = signals;
    const holder = { id, who: id, host: 'h', pid: 1, pidStartedAt: null, purpose: 'apply' };
    const waiting = { timeoutMs: 0, signal: soft, onWait: () => {} };
    const lease = keepLease(await takeLease(store.lease, holder, clock, waiting), clock);
    const emit = (event: EventBody): void => {
      this.events.push(event);
    };
    try {
      const calls = new NodeCalls(transport, this.nodes, { store: store.id, token: lease.token });
      let seen = await collect(transport, this.nodes, { parallelism: 32, full: false, signal: hard });
      // A planner would refuse an incomplete look; a person would look again.
      for (let tries = 0; tries < 20 && seen.nodes.some((one) => !one.reachable); tries += 1) {
        const missing = this.nodes.filter(({ name }) => seen.nodes.some((one) => one.name === name && !one.reachable));
        const again = await collect(transport, missing, { parallelism: 32, full: false, signal: hard });
        seen = { nodes: seen.nodes.map((one) => again.nodes.find((other) => other.name === one.name) ?? one) };
      }
      const { observed } = await recoverNodes(seen, calls, {
        clock,
        inDoubt: await nodesInDoubt(store),
        parallelism: 8,
        signal: hard,
        emit,
      });
      const record = await store.readRecord();
      const open = await store.openExecutionOf();
      const made = this.plan(observed, record);
      let { plan } = made;
      let journal = null;
      let header = {
        id: `e-${this.state.executions.length + 1}`,
        kind: 'apply' as const,
        planDigest: plan.planDigest,
        targetDigest: plan.targetDigest,
        startedAt: '2026-01-01T00:00:00Z',
        by: id,
      };
      if (open !== null && open.targetDigest === plan.targetDigest) {
        plan = await store.readPlan(open.id);
        journal = await store.readJournal(open.id);
        header = { ...header, id: open.id, planDigest: plan.planDigest };
      } else if (open !== null) await supersede(store, clock, open.id, lease.token, 'another target');
      const unreachable = observed.nodes.some((one) => !one.reachable);
      if (journal === null && unreachable) return { kind: 'incomplete', steps: plan.steps.length };
      if (journal === null && !plan.applyable) return { kind: 'refused', steps: plan.steps.length, codes: codes(plan) };
      if (journal === null && plan.steps.length === 0) return { kind: 'empty', steps: 0 };
      const policy = {
        parallelism: this.options.parallelism ?? 4,
        onFailure: this.options.onFailure ?? 'rollback',
        patienceMs: 30_000,
        wait: signals.wait ?? true,
        maxReplicationLagMs: 10_000,
      } as const;
      const report = await execute(
        {
          header,
          plan,
          nodes: this.nodes,
          tenants: [],
          observed,
          journal,
          record,
          token: lease.token,
          ...(made.stages === undefined || journal !== null ? {} : { membership: made.stages }),
          actions: actionOf,
          policy,
          locate: () => ({ kind: 'directory', directory: '/releases', path: 'db' }),
          approvals: async () => this.approvals,
          emit,
          soft,
          hard,
          lost: lease.lost,
        },
        { transport, store, clock },
      );
      return { kind: 'executed', steps: plan.steps.length, report };
    } finally {
      await lease.release();
    }
  }

  /** The real plan of the real inputs, or a plan of hops where the world asks for one. */
  plan(observed: Observed, record: RolloutRecord): Planned {
    const { via } = this.options;
    const planned =
      via === undefined
        ? planRollout(this.#planInputs(observed, record))
        : { plan: hopPlan(observed, this.nodes, { ...this.options, via, to: this.to }), stages: undefined };
    this.problems.push(...planProblems(planned.plan));
    return planned;
  }

  #planInputs(observed: Observed, record: RolloutRecord): PlanInputs {
    const { stages = 1, maxUnavailable = 1, bakeMs = 0, approval = false } = this.options;
    const promotion = approval ? 'approval' : 'gate';
    const targetDigest = targetOf(this.to);
    return planInputs({
      nodes: this.nodes,
      observed: observed.nodes,
      releases: [...releases.values()],
      wanted: [releaseOf(this.to)],
      rollout: rollout({
        maxUnavailable,
        onFailure: this.options.onFailure ?? 'rollback',
        stages: Array.from({ length: stages }, (_, index) =>
          stage(Math.ceil((100 * (index + 1)) / stages), { bakeMs, promotion }),
        ),
      }),
      inputs: {
        record,
        at: formatInstant(this.clock.nowMs()),
        digests: { desiredDigest: targetDigest, targetDigest },
      },
    });
  }

  #start(name: string, index: number): SimulatedState {
    if (this.#startsBare(name)) return { packages: {}, drift: [] };
    const { starts = [] } = this.options;
    const { version, drifted } = starts[index % starts.length] ?? { version: this.from, drifted: false };
    const file = { package: 'db', path: 'bin/db', problem: 'changed' } as const;
    return {
      packages: { db: installed(releaseOf(index === 0 ? this.from : version)) },
      drift: drifted ? [file] : [],
    };
  }

  #startsBare(name: string): boolean {
    const [cluster = 0, member = 0] = name.slice(1).split('-').map(Number);
    return member >= this.options.sizes[cluster]! - (this.options.bare ?? 0);
  }

  #check(one: SimulatedNode, change: NodeChange): void {
    const members = this.fleet.members(one.cluster);
    if (change.kind === 'installed') {
      const own = one.packages['db']?.version;
      for (const other of members) {
        const version = other.packages['db']?.version;
        if (own !== undefined && version !== undefined && !maySkew(undefined, own, version, 1))
          this.problems.push(`skew: ${one.name} ${own}, ${other.name} ${version}`);
      }
      return;
    }
    if (change.kind !== 'stop') return;
    const settled = this.clock.nowMs() - graceMs;
    const operation = one.operations.get(change.operation)!;
    if (one.stops.get(change.operation)! > 1) this.problems.push(`${one.name} stopped twice by ${change.operation}`);
    if (!one.up) return;
    const down = members.filter(
      (other) => other !== one && !other.up && (other.downSinceMs < settled || other.open !== null) && !isBare(other),
    );
    const { maxUnavailable = 1 } = this.options;
    if (down.length + 1 > maxUnavailable) this.problems.push(`${one.name} stopped with ${down.length} others down`);
    const mustStayUp = Math.floor(members.length / 2) + 1;
    const bornNow = members.every(({ name }) => this.#startsBare(name));
    if (!bornNow && members.length >= 3 && members.length - down.length - 1 < mustStayUp) {
      this.problems.push(`quorum of ${one.cluster} broken by ${one.name}`);
    }
    this.#checkLeader(one, members, operation.body, settled);
  }

  /** A node that leads hands over before it drains, so what counts is whether it led just before that. */
  #checkLeader(one: SimulatedNode, members: readonly SimulatedNode[], body: OperationBody, settled: number): void {
    if (!one.ledBeforeDrain && (one.role !== 'leader' || one.leadsSinceMs > settled)) return;
    // The request of a dead controller is held against what that one wanted.
    const to = body.kind === 'update' ? body.releases[0]!.version : undefined;
    const isSettled = (other: SimulatedNode): boolean =>
      to === undefined ? this.#isAsAtStart(other) : isAt(other, to);
    const isWaiting = (other: SimulatedNode): boolean => !isSettled(other) && !this.#isAhead(other, one);
    // A stuck node waits for a person, not for its turn.
    const waiting = members.filter(
      (other) => other !== one && other.open?.result?.kind !== 'stuck' && isWaiting(other),
    );
    if (!isSettled(one) && waiting.length > 0)
      this.problems.push(`${one.name} led and stopped before ${waiting[0]!.name}`);
  }

  /** Nothing is left to do at this node. */
  isReached(one: SimulatedNode): boolean {
    return isAt(one, this.to);
  }

  isBack(): boolean {
    return [...this.fleet.nodes.values()].every((one) => this.#isAsAtStart(one));
  }

  isDone(): boolean {
    return [...this.fleet.nodes.values()].every((one) => this.isReached(one));
  }

  /** Whether the first plan has work for a node. */
  hasWork(name: string): boolean {
    const { packages, drift } = this.starts.get(name)!;
    return packages['db']?.version !== this.to || drift.length > 0;
  }

  #isAsAtStart(one: SimulatedNode): boolean {
    const { packages, drift } = this.starts.get(one.name)!;
    return canonicalJson([one.packages, one.drift]) === canonicalJson([packages, drift]);
  }

  /** On a way of several hops the leader takes each of them after the others. */
  #isAhead(other: SimulatedNode, leader: SimulatedNode): boolean {
    return this.options.via !== undefined && other.packages['db']?.version !== leader.packages['db']?.version;
  }
}

export interface Signals {
  readonly soft?: AbortSignal;
  readonly hard?: AbortSignal;
  readonly wait?: boolean;
}

export type Run =
  | { readonly kind: 'executed'; readonly steps: number; readonly report: ExecutionReport }
  | { readonly kind: 'empty' | 'incomplete'; readonly steps: number }
  /** The planner found errors. */
  | { readonly kind: 'refused'; readonly steps: number; readonly codes: readonly string[] };

const releases = new Map<string, ReleaseManifest>(
  ['1.4.0', '1.4.2', '1.5.0', '1.5.1', '1.6.0'].map((version) => [version, release('db', version)]),
);

function releaseOf(version: string): ReleaseManifest {
  return releases.get(version)!;
}

function targetOf(version: string): Digest {
  return digestJson({ version });
}

interface Planned {
  readonly plan: Plan;
  readonly stages: readonly (readonly string[])[] | undefined;
}

const never = new AbortController().signal;

function isAt(one: SimulatedNode, version: string): boolean {
  return one.packages['db']?.version === version && one.drift.length === 0;
}

function isBare(one: SimulatedNode): boolean {
  return one.open === null && Object.keys(one.packages).length === 0;
}
