/** Carries out the weather: nodes crash and return, leaders move, nodes slow down, networks part and heal. */
import type { SimulatedClock } from '../../../adapters/clock/simulated.ts';
import type { SimulatedFleet } from '../../../adapters/transport/simulated/fleet.ts';
import type { SimulatedNode } from '../../../adapters/transport/simulated/node.ts';
import type { Random } from '../../../adapters/transport/simulated/seeded-random.ts';
import type { DesiredNode } from '../../../model/desired.ts';
import { exponential, logNormal } from './weather.ts';

export interface StormWorld {
  readonly clock: SimulatedClock;
  readonly fleet: SimulatedFleet;
  readonly nodes: readonly DesiredNode[];
  readonly random: Random;
  tell(kind: string, detail: string): void;
}

interface Disturbance {
  readonly weight: number;
  readonly strike: (storm: Storm, node: SimulatedNode) => void;
}

const disturbances: readonly Disturbance[] = [
  { weight: 3, strike: (storm, node) => storm.crash(node) },
  { weight: 3, strike: (storm, node) => storm.moveLeader(node) },
  { weight: 2, strike: (storm, node) => storm.slowDown(node) },
  { weight: 1, strike: (storm, node) => storm.cutOff(node) },
  { weight: 1, strike: (storm, node) => storm.hideZone(node) },
];
const allWeights = disturbances.reduce((sum, one) => sum + one.weight, 0);

/** Most are over within a minute or two; some take longer than anybody waits. */
const usualMs = 45_000;
const longestMs = 20 * 60_000;
const soonMs = 10_000;

export class Storm {
  /** How many times slower a node is now. */
  readonly slow = new Map<string, number>();
  readonly #world: StormWorld;
  readonly #names: readonly string[];
  readonly #zones: ReadonlyMap<string, string | undefined>;
  /** How many faults hide a node at this moment. */
  readonly #hidden = new Map<string, number>();
  readonly #atWrites = new Set<number>();
  #writes = 0;
  #left = 0;

  constructor(world: StormWorld) {
    this.#world = world;
    this.#names = [...world.fleet.nodes.keys()];
    this.#zones = new Map(world.nodes.map((one) => [one.name, one.labels['zone']]));
  }

  /** `count` disturbances: half of them about `everyMs` apart, the others while nodes are being worked on. */
  start(count: number, everyMs: number, writes: number): void {
    const { random } = this.#world;
    this.#left = Math.ceil(count / 2);
    for (let one = this.#left; one < count; one += 1) this.#atWrites.add(1 + Math.floor(random() * writes));
    this.#next(everyMs);
  }

  /** A journal entry was written: something may happen within the next seconds. */
  wrote(): void {
    this.#writes += 1;
    if (!this.#atWrites.has(this.#writes)) return;
    const { clock, random } = this.#world;
    clock.at(clock.nowMs() + Math.floor(random() * soonMs), () => this.#strike());
  }

  #next(everyMs: number): void {
    if (this.#left === 0) return;
    this.#left -= 1;
    const { clock, random } = this.#world;
    clock.at(clock.nowMs() + Math.round(exponential(random, everyMs)), () => {
      this.#strike();
      this.#next(everyMs);
    });
  }

  #strike(): void {
    const { random, fleet } = this.#world;
    const node = fleet.nodes.get(this.#names[Math.floor(random() * this.#names.length)]!)!;
    let at = random() * allWeights;
    const drawn = disturbances.find((one) => (at -= one.weight) < 0) ?? disturbances[0]!;
    drawn.strike(this, node);
  }

  crash(node: SimulatedNode): void {
    if (!node.up || node.open !== null) return;
    const lasts = this.#after(() => node.comeBack());
    node.crash();
    this.#world.tell('crash', `${node.name} for ${lasts}`);
  }

  moveLeader(node: SimulatedNode): void {
    this.#world.fleet.moveLeader(node.cluster);
    this.#world.tell('leader move', `cluster ${node.cluster}`);
  }

  slowDown(node: SimulatedNode): void {
    const factor = 2 + Math.floor(this.#world.random() * 5);
    this.slow.set(node.name, factor);
    this.#after(() => void this.slow.delete(node.name));
    this.#world.tell('slow node', `${node.name}, ${factor} times`);
  }

  /** Neither its peers nor a coordinator hear of it. */
  cutOff(node: SimulatedNode): void {
    if (node.cutOffSinceMs !== null) return;
    const { fleet } = this.#world;
    fleet.cutOff(node.name, true);
    const lasts = this.#after(() => {
      fleet.cutOff(node.name, false);
      this.#hide(node.name, 0);
    });
    this.#world.tell('node cut off', `${node.name} for ${lasts}`);
  }

  /** Coordinators lose sight of a zone of a cluster; the cluster itself is whole. */
  hideZone(node: SimulatedNode): void {
    const zone = this.#zones.get(node.name);
    const members = this.#world.fleet.members(node.cluster).map(({ name }) => name);
    const hidden = members.filter((name) => this.#zones.get(name) === zone);
    for (const name of hidden) this.#hide(name, 1);
    const lasts = this.#after(() => {
      for (const name of hidden) this.#hide(name, -1);
    });
    const what = zone === undefined ? `cluster ${node.cluster}` : `zone ${zone} of cluster ${node.cluster}`;
    this.#world.tell('out of reach', `${what} for ${lasts}`);
  }

  #hide(name: string, change: 1 | 0 | -1): void {
    const { fleet } = this.#world;
    const count = (this.#hidden.get(name) ?? 0) + change;
    this.#hidden.set(name, count);
    fleet.setReachable(name, count === 0 && fleet.nodes.get(name)!.cutOffSinceMs === null);
  }

  #after(end: () => void): string {
    const { clock, random } = this.#world;
    const lastsMs = Math.min(longestMs, Math.round(logNormal(random, usualMs, 1)));
    clock.at(clock.nowMs() + lastsMs, end);
    return `${Math.round(lastsMs / 1000)}s`;
  }
}
