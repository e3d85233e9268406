/**
 * A rollout in a simulated world from its start to its end: the real planner and the real executor, run after run as an
 * operator or the daemon would, through whatever weather the seed brings. Same setup, same result.
 */
import { SimulatedClock } from '../../adapters/clock/simulated.ts';
import { SimulatedMetrics } from '../../adapters/metrics/simulated.ts';
import { SimulatedFleet } from '../../adapters/transport/simulated/fleet.ts';
import type { Fault, Packages, SimulatedNode, SimulatedState } from '../../adapters/transport/simulated/node.ts';
import { seededRandom, type Random } from '../../adapters/transport/simulated/seeded-random.ts';
import { desiredDigest, targetDigest } from '../../desired/digests.ts';
import { formatInstant } from '../../kernel/units/instant.ts';
import type { Desired } from '../../model/desired.ts';
import type { NodePhase } from '../../model/event.ts';
import type { Observed } from '../../model/observed.ts';
import type { Plan } from '../../model/plan.ts';
import type { Catalogue } from '../../model/release.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import { wholeFleet, type PlanInputs } from '../../plan/plan-inputs.ts';
import { planRollout, type PlannedRollout } from '../../plan/plan.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Transport } from '../../ports/transport.ts';
import { Storm } from './faults/storm.ts';
import { calm, drawWeather, logNormal, type Weather } from './faults/weather.ts';
import { NodePast } from './node-past.ts';
import { People } from './people.ts';
import { Timeline } from './timeline.ts';
import type { Rules } from './watch/rules.ts';
import { Watch } from './watch/watch.ts';
import type { StoreTap } from './world/tapped-store.ts';
import { SimulatedWorld, type ControllerSetup } from './world/world.ts';

export interface SimulationSetup {
  readonly desired: Desired;
  readonly catalogue: Catalogue;
  readonly starts: ReadonlyMap<string, SimulatedState>;
  readonly startMs: number;
  /** null: nothing goes wrong. */
  readonly seed: number | null;
  readonly parallelism: number;
  readonly themisVersion: string;
  /** Whose rules are held against the world; absent: those of `desired`. */
  readonly promised?: Desired;
  /** What plans; absent: the planner. Tests put a worse one in, to see it found out. */
  readonly planner?: (inputs: PlanInputs) => PlannedRollout;
  /** What carries messages to nodes; likewise. */
  readonly network?: (fleet: SimulatedFleet) => Transport;
  readonly weather?: Partial<Weather>;
}

/** Longest way of a message. */
const longestTravelMs = 400;
const bare: SimulatedState = { packages: {}, drift: [] };

/** Median duration of each phase of a node operation. */
const medianMs: Partial<Record<NodePhase, number>> = {
  preflight: 200,
  'restore-point': 600,
  prepare: 200,
  drain: 2000,
  stop: 700,
  switch: 500,
  start: 2500,
  health: 3000,
  'roll-back': 4000,
};

export class Simulation {
  readonly setup: SimulationSetup;
  readonly clock: SimulatedClock;
  readonly fleet: SimulatedFleet;
  readonly world: SimulatedWorld;
  readonly watch: Watch;
  readonly timeline: Timeline;
  readonly weather: Weather;
  readonly #random: Random;
  readonly #storm: Storm;
  readonly #people: People;
  readonly #digests: PlanInputs['digests'];
  readonly #badNode: string;
  readonly #past: NodePast;
  #planned = false;

  constructor(setup: SimulationSetup) {
    this.setup = setup;
    const { desired, seed, startMs } = setup;
    const { nodes } = desired.fleet;
    this.clock = new SimulatedClock(startMs);
    this.#random = seededRandom(seed ?? 0);
    const drawn = seed === null ? calm : drawWeather(seededRandom(seed ^ 0x5eed), nodes.length);
    this.weather = { ...drawn, ...setup.weather };
    this.#badNode = nodes[Math.floor(this.weather.badAt * nodes.length)]?.name ?? '';
    this.#digests = { desiredDigest: desiredDigest(desired), targetDigest: targetDigest(desired) };
    this.fleet = this.#makeFleet();
    this.#past = new NodePast(this.fleet, startMs);
    const metrics = this.#metrics();
    this.timeline = new Timeline(startMs, () => this.clock.nowMs());
    this.world = new SimulatedWorld(
      this.clock,
      this.fleet,
      this.#tap(),
      () => this.#controllerSetup(metrics),
      setup.network?.(this.fleet),
    );
    this.#people = new People(desired, this.#digests.targetDigest, startMs);
    this.watch = this.#makeWatch();
    this.#storm = new Storm({
      clock: this.clock,
      fleet: this.fleet,
      nodes,
      random: seededRandom((seed ?? 0) ^ 0x57044),
      tell: (kind, detail) => {
        this.timeline.fault(kind, detail);
        this.watch.trace.add(this.clock.nowMs(), null, `fault ${kind}`, detail);
      },
    });
  }

  #makeFleet(): SimulatedFleet {
    const { desired, starts } = this.setup;
    const { lostRequests, lostAnswers } = this.weather;
    return new SimulatedFleet({
      clock: this.clock,
      random: this.#random,
      nodes: desired.fleet.nodes.map(({ name, cluster }) => ({ name, cluster, ...(starts.get(name) ?? bare) })),
      latencyMs: () => Math.min(longestTravelMs, Math.ceil(logNormal(this.#random, 8, 0.8))),
      phaseMs: (phase, node) => this.#phaseMs(phase, node),
      faults: { lostRequests, lostAnswers, operation: (node, target, kind) => this.#fault(node, target, kind) },
      onChange: (node, change) => {
        this.watch.changed(node, change);
        this.#past.changed(node, change, this.clock.nowMs());
      },
    });
  }

  #tap(): StoreTap {
    return {
      opened: (header, plan) => {
        this.watch.opened(header, plan);
        this.timeline.opened(plan);
        this.#expect(plan);
      },
      journalled: (entry) => {
        this.watch.journalled(entry);
        this.#storm.wrote();
      },
    };
  }

  #makeWatch(): Watch {
    const { desired, promised = desired } = this.setup;
    const rules: Rules = {
      nodes: desired.fleet.nodes,
      rollout: promised.rollout,
      tenants: promised.tenants,
      longestTravelMs,
      wanted: () => promised.lock?.packages ?? [],
    };
    const approvals = (): ReturnType<People['approvals']> =>
      this.#people.approvals(this.world.state.record, this.clock.nowMs());
    return new Watch(rules, this.fleet, this.world.state, approvals, () => this.clock.nowMs());
  }

  #metrics(): Metrics {
    const pins = new Set<string>(this.setup.desired.lock?.packages.map((one) => one.manifestHash));
    const isBad = this.weather.release === 'bad-metrics';
    const quiet = this.setup.seed === null;
    return new SimulatedMetrics({
      seed: this.setup.seed ?? 0,
      at: (node, atMs) => {
        const { upSinceMs, packages } = this.#past.at(node, atMs);
        return { upSinceMs, bad: isBad && Object.values(packages).some((one) => pins.has(one.manifestHash)) };
      },
      requestsPerSecond: 50,
      errorRate: 0.0005,
      badErrorRate: 0.1,
      gaps: quiet ? 0 : 0.01,
      notNumbers: quiet ? 0 : 0.005,
    });
  }

  #controllerSetup(metrics: Metrics): ControllerSetup {
    const { desired, parallelism } = this.setup;
    return {
      nodes: desired.fleet.nodes,
      target: this.#digests.targetDigest,
      policy: {
        parallelism,
        onFailure: desired.rollout.onFailure,
        patienceMs: desired.rollout.health.timeoutMs,
        wait: true,
        maxReplicationLagMs: desired.rollout.health.maxReplicationLagMs,
      },
      tenants: desired.tenants,
      plan: (observed, record) => this.#plan(observed, record),
      metrics: { signals: desired.fleet.metrics.signals, open: () => metrics },
      approvals: () => this.#people.approvals(this.world.state.record, this.clock.nowMs()),
      emit: (event) => this.timeline.event(event),
    };
  }

  #plan(observed: Observed, record: RolloutRecord): PlannedRollout {
    const { desired, catalogue, themisVersion, planner = planRollout } = this.setup;
    return planner({
      desired: { ...desired, approvals: this.#people.approvals(record, this.clock.nowMs()) },
      catalogue,
      observed,
      record,
      at: formatInstant(this.clock.nowMs()),
      anchored: false,
      scope: wholeFleet,
      source: { repository: null, revision: null, dirty: false, signer: null },
      themisVersion,
      digests: this.#digests,
      extraFindings: [],
    });
  }

  /** The first plan says how long it takes; the storm is spread over that. */
  #expect({ schedule, steps }: Plan): void {
    if (this.#planned) return;
    this.#planned = true;
    const expectedMs = schedule.reduce((most, one) => Math.max(most, one.endsAfterMs), 60_000);
    const { disturbances } = this.weather;
    if (disturbances > 0) this.#storm.start(disturbances, (2 * expectedMs) / disturbances, 2 * steps.length);
  }

  #phaseMs(phase: NodePhase, node: SimulatedNode): number {
    const usual = medianMs[phase] ?? 100;
    return Math.round(logNormal(this.#random, usual, 0.3) * (this.#storm.slow.get(node.name) ?? 1));
  }

  #fault(node: SimulatedNode, target: Packages, kind: 'update' | 'rollback'): Fault {
    const { release, interrupted } = this.weather;
    const arrives = kind === 'update' && target !== node.packages;
    if (arrives && node.name === this.#badNode && (release === 'unhealthy' || release === 'stuck')) {
      this.timeline.fault(`update ${release}`, node.name);
      return release;
    }
    if (interrupted === 0 || this.#random() >= interrupted) return 'none';
    this.timeline.fault('operation cut off', node.name);
    return 'interrupted';
  }
}
