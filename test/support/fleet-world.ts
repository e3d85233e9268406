/**
 * The simulated world in the small forms that tests of the executor need: clusters by size, one package, one rollout.
 * Every disturbance of a node is held against the promises the moment it happens.
 */
import { SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { SimulatedFleet, type SimulatedFaults } from '../../src/adapters/transport/simulated/fleet.ts';
import type { SimulatedNode, SimulatedState } from '../../src/adapters/transport/simulated/node.ts';
import { seededRandom, type Random } from '../../src/adapters/transport/simulated/seeded-random.ts';
import { formatViolation, Watch } from '../../src/apps/simulate/watch/watch.ts';
import type { ControllerSetup, SimulatedWorld as World } from '../../src/apps/simulate/world/world.ts';
import { SimulatedWorld } from '../../src/apps/simulate/world/world.ts';
import type { Kill } from '../../src/apps/simulate/world/killer.ts';
import type { Planned } from '../../src/apps/simulate/world/controller.ts';
import type { ExecutionReport } from '../../src/fleet/execute/execute.ts';
import { canonicalJson } from '../../src/kernel/canonical-json.ts';
import { formatInstant } from '../../src/kernel/units/instant.ts';
import { digestJson, type Digest } from '../../src/kernel/digest.ts';
import type {
  DesiredApproval,
  DesiredGate,
  DesiredNode,
  DesiredRollout,
  DesiredStage,
  DesiredTenant,
} from '../../src/model/desired.ts';
import { defaultSignals } from '../../src/desired/normalise.ts';
import type { EventBody } from '../../src/model/event.ts';
import type { Observed, Replication } from '../../src/model/observed.ts';
import type { RolloutRecord } from '../../src/model/rollout-record.ts';
import type { ReleaseManifest } from '../../src/model/release.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import { planRollout } from '../../src/plan/plan.ts';
import type { Store } from '../../src/ports/store.ts';
import { desiredNode, installed, planInputs, release, rollout, stage } from './fleet-fixture.ts';
import { hopPlan, planProblems } from './world-plans.ts';
import { MetricStream } from './metric-stream.ts';
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
  /** Whom the nodes serve, in turn; absent: nobody. */
  readonly tenants?: readonly DesiredTenant[];
  /** Judged after every stage, with what `failing` says of the nodes. */
  readonly gates?: readonly DesiredGate[];
  readonly bakeLimitMs?: number;
  readonly onInsufficient?: DesiredStage['onInsufficient'];
  /** Share of its requests that a node fails; null: it gives no readings. Absent: there is no source of metrics. */
  readonly failing?: (node: SimulatedNode) => number | null;
  readonly replication?: (node: SimulatedNode) => Replication | undefined;
  /** Off where only costs are counted. */
  readonly check?: boolean;
}

export interface NodeStart {
  readonly version: string;
  readonly drifted: boolean;
}

const longestTravelMs = 50;

export class FleetWorld {
  readonly clock = new SimulatedClock();
  readonly options: WorldOptions;
  readonly random: Random;
  readonly nodes: DesiredNode[] = [];
  readonly fleet: SimulatedFleet;
  readonly events: EventBody[] = [];
  readonly starts: ReadonlyMap<string, SimulatedState>;
  readonly target: Digest;
  approvals: DesiredApproval[] = [];
  /** What the desired state asks for; change it to make the next run plan something else. */
  to: string;
  readonly from: string;
  readonly #world: World;
  readonly #watch: Watch;
  readonly #planProblems: string[] = [];
  #wait = true;

  constructor(options: WorldOptions) {
    this.options = options;
    this.random = seededRandom(options.seed);
    this.from = options.from ?? '1.4.0';
    this.to = options.to ?? '1.5.0';
    this.target = targetOf(this.to);
    const { tenants = [] } = options;
    for (const [index, size] of options.sizes.entries()) {
      for (let member = 0; member < size; member += 1) {
        const served = tenants.length === 0 ? [] : [tenants[this.nodes.length % tenants.length]!.name];
        this.nodes.push(desiredNode(`n${index}-${member}`, { cluster: `c${index}`, tenants: served }));
      }
    }
    this.starts = new Map(this.nodes.map(({ name }, index) => [name, this.#start(name, index)]));
    this.fleet = new SimulatedFleet({
      clock: this.clock,
      random: this.random,
      nodes: this.nodes.map(({ name, cluster }) => ({ name, cluster, ...this.starts.get(name)! })),
      latencyMs: [5, longestTravelMs],
      ...(options.faults === undefined ? {} : { faults: options.faults }),
      ...(options.replication === undefined ? {} : { replication: options.replication }),
      ...(options.check === false ? {} : { onChange: (one, change) => this.#watch.changed(one, change) }),
    });
    const tap = {
      opened: (...parts: Parameters<Watch['opened']>) => this.#watch.opened(...parts),
      journalled: (entry: Parameters<Watch['journalled']>[0]) => {
        if (options.check !== false) this.#watch.journalled(entry);
      },
    };
    this.#world = new SimulatedWorld(this.clock, this.fleet, tap, () => this.#setup());
    const rules = {
      nodes: this.nodes,
      rollout: this.#rollout(),
      tenants,
      longestTravelMs,
      wanted: () => [releaseOf(this.to)],
    };
    this.#watch = new Watch(
      rules,
      this.fleet,
      this.state,
      () => this.approvals,
      () => this.clock.nowMs(),
    );
  }

  get state(): World['state'] {
    return this.#world.state;
  }

  get store(): Store {
    return this.#world.store;
  }

  get problems(): string[] {
    return [...this.#planProblems, ...this.#watch.violations.map(formatViolation)];
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
    const { wait = true, ...rest } = signals;
    this.#wait = wait;
    const run = await this.#world.apply(kill, rest);
    if (run?.kind !== 'refused') return run;
    return { kind: 'refused', steps: run.steps, codes: codes(run.plan) };
  }

  #setup(): ControllerSetup {
    const { parallelism = 4, onFailure = 'rollback', tenants = [], failing } = this.options;
    const stream = failing && new MetricStream(this.fleet.nodes, () => this.clock.nowMs(), failing);
    return {
      ...(stream === undefined ? {} : { metrics: { signals: defaultSignals, open: () => stream } }),
      nodes: this.nodes,
      target: targetOf(this.to),
      tenants,
      policy: { parallelism, onFailure, patienceMs: 30_000, wait: this.#wait, maxReplicationLagMs: 10_000 },
      plan: (observed, record) => this.plan(observed, record),
      approvals: () => this.approvals,
      emit: (event) => this.events.push(event),
    };
  }

  /** The real plan of the real inputs, or a plan of hops where the world asks for one. */
  plan(observed: Observed, record: RolloutRecord): Planned {
    const { via } = this.options;
    const planned =
      via === undefined
        ? planRollout(this.#planInputs(observed, record))
        : { plan: hopPlan(observed, this.nodes, { ...this.options, via, to: this.to }), stages: undefined };
    this.#planProblems.push(...planProblems(planned.plan));
    return planned;
  }

  #planInputs(observed: Observed, record: RolloutRecord): PlanInputs {
    const targetDigest = targetOf(this.to);
    return planInputs({
      nodes: this.nodes,
      observed: observed.nodes,
      releases: [...releases.values()],
      wanted: [releaseOf(this.to)],
      rollout: this.#rollout(),
      desired: { tenants: this.options.tenants ?? [], approvals: this.approvals },
      inputs: {
        record,
        at: formatInstant(this.clock.nowMs()),
        digests: { desiredDigest: targetDigest, targetDigest },
      },
    });
  }

  #rollout(): DesiredRollout {
    const { stages = 1, maxUnavailable = 1, bakeMs = 0, approval = false, onFailure = 'rollback' } = this.options;
    const promotion = approval ? 'approval' : 'gate';
    const { gates = [], bakeLimitMs, onInsufficient = 'pause' } = this.options;
    return rollout({
      maxUnavailable,
      onFailure,
      gates,
      stages: Array.from({ length: stages }, (_, index) =>
        stage(Math.ceil((100 * (index + 1)) / stages), { bakeMs, promotion, bakeLimitMs, onInsufficient }),
      ),
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

function isAt(one: SimulatedNode, version: string): boolean {
  return one.packages['db']?.version === version && one.drift.length === 0;
}
