/**
 * A simulated fleet with a store and controllers that can be killed: what property tests of the executor run. Every
 * disturbance of a node is held against the promises the moment it happens.
 */
import { SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { createMemoryState, createMemoryStore } from '../../src/adapters/store/memory.ts';
import { SimulatedFleet, type SimulatedFaults } from '../../src/adapters/transport/simulated/fleet.ts';
import type { NodeChange, Packages, SimulatedNode } from '../../src/adapters/transport/simulated/node.ts';
import { seededRandom, type Random } from '../../src/adapters/transport/simulated/seeded-random.ts';
import { collect } from '../../src/fleet/collect.ts';
import { execute, supersede, type ExecutionReport } from '../../src/fleet/execute/execute.ts';
import { keepLease, takeLease } from '../../src/fleet/lease.ts';
import { maySkew } from '../../src/fleet/line/skew.ts';
import { NodeCalls } from '../../src/fleet/node-calls.ts';
import { nodesInDoubt, recoverNodes } from '../../src/fleet/recover.ts';
import { digestJson, type Digest } from '../../src/kernel/digest.ts';
import type { DesiredApproval, DesiredNode } from '../../src/model/desired.ts';
import type { EventBody } from '../../src/model/event.ts';
import type { Observed } from '../../src/model/observed.ts';
import type { Plan, PlanStep } from '../../src/model/plan.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Transport } from '../../src/ports/transport.ts';
import { constraints, hashOf, installed, node, planOf, promote, testActions, update } from './plans.ts';

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
  readonly to?: string;
  /** Off where only costs are counted. */
  readonly check?: boolean;
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
    this.target = digestJson({ version: this.to });
    for (const [index, size] of options.sizes.entries()) {
      for (let member = 0; member < size; member += 1) this.nodes.push(node(`n${index}-${member}`, `c${index}`));
    }
    const packages = (name: string): Packages => (this.#startsBare(name) ? {} : { db: installed(this.from) });
    this.fleet = new SimulatedFleet({
      clock: this.clock,
      random: this.random,
      nodes: this.nodes.map(({ name, cluster }) => ({ name, cluster, packages: packages(name) })),
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
  async apply(
    kill?: { readonly atWrite: number; readonly durable: boolean },
    signals: Signals = {},
  ): Promise<Run | null> {
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
      let plan = this.plan(observed);
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
      if (journal === null && plan.steps.length === 0) return { kind: 'empty', steps: 0 };
      if (journal === null && record.quarantine.some((one) => one.target === plan.targetDigest)) {
        return { kind: 'quarantined', steps: plan.steps.length };
      }
      const policy = {
        parallelism: this.options.parallelism ?? 4,
        onFailure: this.options.onFailure ?? 'rollback',
        patienceMs: 30_000,
        wait: signals.wait ?? true,
      } as const;
      const report = await execute(
        {
          header,
          plan,
          nodes: this.nodes,
          observed,
          journal,
          record,
          token: lease.token,
          actions: testActions,
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

  /** What a planner would make of it: nodes that are behind, in stages, the leader in its cluster's last one. */
  plan(observed: Observed): Plan {
    const { stages = 1, maxUnavailable = 1, bakeMs = 0, approval = false } = this.options;
    const seen = new Map(observed.nodes.map((one) => [one.name, one]));
    const stageOf = new Map<string, number>();
    for (const [index, { name }] of this.nodes.entries()) {
      stageOf.set(name, 1 + Math.floor((index * stages) / this.nodes.length));
    }
    for (const { name, cluster } of this.nodes) {
      const one = seen.get(name)!;
      if (!one.reachable || one.role !== 'leader') continue;
      const members = this.nodes.filter((other) => other.cluster === cluster);
      stageOf.set(name, Math.max(...members.map((other) => stageOf.get(other.name)!)));
    }
    const steps: PlanStep[] = [];
    for (let stage = 1; stage <= stages; stage += 1) {
      const gate = stage === 1 ? [] : [`stage-${stage - 1}/promote`];
      const members = this.nodes.filter(({ name }) => stageOf.get(name) === stage && this.#isBehind(seen.get(name)));
      for (const { name } of members) {
        const from = versionOf(seen.get(name));
        const before = from === undefined ? { before: { packages: {} } } : {};
        const { via } = this.options;
        const onTheWay = via !== undefined && from !== via;
        if (onTheWay) steps.push(update(name, { stage, needs: gate, ...before }, from, via));
        const change = onTheWay ? { needs: [`${name}/update/${via}`] } : { needs: gate, ...before };
        steps.push(update(name, { stage, ...change }, onTheWay ? via : from, this.to));
      }
      const needs = [...members.map(({ name }) => `${name}/update/${this.to}`), ...gate];
      if (stage < stages) steps.push(promote(stage, needs, { bakeMs, approval }));
    }
    const sizes: Record<string, number> = {};
    for (const { cluster } of this.nodes) sizes[cluster] = (sizes[cluster] ?? 0) + 1;
    const behind = steps.some((step) => step.kind !== 'stage-promote');
    const targetDigest = digestJson({ version: this.to });
    return planOf(behind ? steps : [], constraints({ maxUnavailable, sizes }), { targetDigest });
  }

  #startsBare(name: string): boolean {
    const [cluster = 0, member = 0] = name.slice(1).split('-').map(Number);
    return member >= this.options.sizes[cluster]! - (this.options.bare ?? 0);
  }

  #isBehind(one: Observed['nodes'][number] | undefined): boolean {
    return one?.reachable === true && one.packages['db']?.manifestHash !== hashOf(this.to);
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
    this.#checkLeader(one, members, operation.body.kind, settled);
  }

  /** The drain has moved leadership away by now, so what counts is whether it led until this operation began. */
  #checkLeader(
    one: SimulatedNode,
    members: readonly SimulatedNode[],
    kind: 'update' | 'rollback',
    settled: number,
  ): void {
    if (one.role !== 'leader' && !one.ledWhenDrained) return;
    if (one.leadsSinceMs > settled) return;
    const own = one.packages['db']?.version;
    // A stuck node waits for a person, not for its turn.
    const waiting = members.filter(
      (other) => other !== one && other.open?.result?.kind !== 'stuck' && other.packages['db']?.version === own,
    );
    const moving = kind === 'update' ? own !== this.to : own !== this.from;
    if (moving && waiting.length > 0) this.problems.push(`${one.name} led and stopped before ${waiting[0]!.name}`);
  }
}

export interface Signals {
  readonly soft?: AbortSignal;
  readonly hard?: AbortSignal;
  readonly wait?: boolean;
}

export type Run =
  | { readonly kind: 'executed'; readonly steps: number; readonly report: ExecutionReport }
  | { readonly kind: 'empty' | 'quarantined' | 'incomplete'; readonly steps: number };

const never = new AbortController().signal;

function isBare(one: SimulatedNode): boolean {
  return one.open === null && Object.keys(one.packages).length === 0;
}

function versionOf(one: Observed['nodes'][number] | undefined): string | undefined {
  return one?.reachable === true ? one.packages['db']?.version : '0.0.0';
}

/** Cuts a controller off from the world at a journal write, as SIGKILL would: nothing it awaits ever comes back. */
class Killer {
  readonly died: Promise<null>;
  #dead = false;
  #die: () => void = () => {};
  #writes = 0;
  readonly #kill: { readonly atWrite: number; readonly durable: boolean } | undefined;

  constructor(kill: { readonly atWrite: number; readonly durable: boolean } | undefined) {
    this.#kill = kill;
    this.died = new Promise((resolve) => {
      this.#die = () => resolve(null);
    });
  }

  clock(clock: Clock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      steadyMs: () => clock.steadyMs(),
      sleep: (durationMs, signal) => this.#alive(clock.sleep(durationMs, signal)),
    };
  }

  transport(transport: Transport): Transport {
    return { call: (...parts) => (this.#dead ? hang() : this.#alive(transport.call(...parts))) };
  }

  store(store: Store): Store {
    const killed = new Proxy(store, {
      get: (target, name) => {
        if (name === 'appendJournal')
          return async (entry: Parameters<Store['appendJournal']>[0]) => this.#append(target, entry);
        const value: unknown = Reflect.get(target, name, target);
        if (name === 'lease') return this.store(value as Store);
        if (typeof value !== 'function') return value;
        return (...parts: unknown[]) =>
          this.#dead ? hang() : this.#alive(Reflect.apply(value, target, parts) as Promise<unknown>);
      },
    });
    return killed;
  }

  async #append(store: Store, entry: Parameters<Store['appendJournal']>[0]): Promise<void> {
    if (this.#dead) await hang();
    this.#writes += 1;
    const now = this.#kill !== undefined && this.#writes === this.#kill.atWrite;
    if (!now || this.#kill!.durable) await store.appendJournal(entry);
    if (!now) return;
    this.#dead = true;
    this.#die();
    await hang();
  }

  async #alive<Result>(promise: Promise<Result>): Promise<Result> {
    const result = await promise.catch(async (error: unknown) => {
      if (this.#dead) await hang();
      throw error;
    });
    if (this.#dead) await hang();
    return result;
  }
}

function hang(): Promise<never> {
  return new Promise(() => {});
}
