/**
 * A fleet in memory behind the transport port: nodes that speak the wire messages over a simulated clock, with
 * elections, latency and faults. Everything random comes from one seed, so a run can be repeated exactly.
 */
import { ThemisError } from '../../../kernel/error.ts';
import type { DesiredNode } from '../../../model/desired.ts';
import type { NodePhase } from '../../../model/event.ts';
import { wireVersion, type NodeReply, type NodeReplyBody, type NodeRequest } from '../../../model/message.ts';
import type { FileDrift, Replication } from '../../../model/observed.ts';
import type { Transport, TransportOptions } from '../../../ports/transport.ts';
import type { SimulatedClock } from '../../clock/simulated.ts';
import { SimulatedNode, type Fault, type NodeChange, type Packages } from './node.ts';
import type { Random } from './seeded-random.ts';

export interface SimulatedFaults {
  /** Decided once per operation; absent: all goes well. */
  readonly operation?: (node: SimulatedNode, target: Packages, kind: 'update' | 'rollback') => Fault;
  /** Share of calls of which the request, or only the answer, is lost. */
  readonly lostRequests?: number;
  readonly lostAnswers?: number;
}

export interface SimulatedMember {
  readonly name: string;
  readonly cluster: string;
  readonly packages: Packages;
  readonly drift?: readonly FileDrift[];
}

export interface SimulatedFleetOptions {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly nodes: readonly SimulatedMember[];
  /** Each way: from a range, or drawn for each message. */
  readonly latencyMs?: readonly [number, number] | ((node: string) => number);
  /** How long a phase lasts. */
  readonly phaseMs?: (phase: NodePhase, node: SimulatedNode) => number;
  readonly faults?: SimulatedFaults;
  readonly replication?: (node: SimulatedNode) => Replication | undefined;
  readonly onChange?: (node: SimulatedNode, change: NodeChange) => void;
}

/** Seconds a phase lasts on a node of middling size. */
const usualPhaseMs: Partial<Record<NodePhase, number>> = { drain: 1000, switch: 500, start: 1000, health: 2000 };
const electionMs = 300;

export class SimulatedFleet implements Transport {
  readonly nodes = new Map<string, SimulatedNode>();
  /** Calls made so far, by kind. */
  readonly calls = new Map<string, number>();
  readonly #clusters = new Map<string, SimulatedNode[]>();
  readonly #unreachable = new Set<string>();
  readonly #options: SimulatedFleetOptions;

  constructor(options: SimulatedFleetOptions) {
    this.#options = options;
    const { clock, phaseMs = (phase) => usualPhaseMs[phase] ?? 100, faults = {} } = options;
    for (const { name, cluster, packages, drift = [] } of options.nodes) {
      const node = new SimulatedNode(
        name,
        cluster,
        { packages, drift },
        {
          clock,
          nowMs: () => clock.nowMs(),
          phaseMs,
          fault: faults.operation ?? (() => 'none'),
          handOver: (one) => this.#handOver(one),
          replication: options.replication ?? (() => undefined),
          changed: (one, change) => this.#changed(one, change),
        },
      );
      this.nodes.set(name, node);
      const members = this.#clusters.get(cluster);
      if (members === undefined) this.#clusters.set(cluster, [node]);
      else members.push(node);
    }
    for (const cluster of this.#clusters.keys()) this.#elect(cluster);
  }

  async call(node: DesiredNode, request: NodeRequest, options: TransportOptions): Promise<NodeReply> {
    const { random, faults = {} } = this.#options;
    this.calls.set(request.kind, (this.calls.get(request.kind) ?? 0) + 1);
    await this.#travel(node.name, options.signal, random() < (faults.lostRequests ?? 0));
    const lostAnswer = random() < (faults.lostAnswers ?? 0);
    const reply = this.#answer(this.nodes.get(node.name)!, request, options);
    const body = await orAborted(reply, options.signal);
    await this.#travel(node.name, options.signal, lostAnswer);
    return { wireVersion, node: node.name, ...body };
  }

  /** Leadership moves by itself, to a node that runs and is not being worked on; or to one that is named and runs. */
  moveLeader(cluster: string, to?: string): void {
    const named = to === undefined ? undefined : this.nodes.get(to);
    if (named?.up === true) this.#lead(named);
    if (to !== undefined) return;
    const candidates = this.#eligible(cluster).filter((node) => node.role !== 'leader');
    if (candidates.length > 0) this.#lead(candidates[Math.floor(this.#options.random() * candidates.length)]!);
  }

  setReachable(name: string, reachable: boolean): void {
    if (reachable) this.#unreachable.delete(name);
    else this.#unreachable.add(name);
  }

  /** Between this node and everybody else, controllers and peers alike. */
  cutOff(name: string, cut: boolean): void {
    const node = this.nodes.get(name)!;
    if (cut === (node.cutOffSinceMs !== null)) return;
    this.setReachable(name, !cut);
    node.cutOffSinceMs = cut ? this.#options.clock.nowMs() : null;
    if (cut) this.#abdicate(node);
    else this.#elect(node.cluster);
  }

  members(cluster: string): readonly SimulatedNode[] {
    return this.#clusters.get(cluster) ?? [];
  }

  get clusters(): Iterable<string> {
    return this.#clusters.keys();
  }

  async #answer(node: SimulatedNode, request: NodeRequest, options: TransportOptions): Promise<NodeReplyBody> {
    switch (request.kind) {
      case 'observe':
        return { kind: 'observed', observed: node.observed() };
      case 'stage': {
        const failure = node.refuses(request.authority);
        if (failure !== undefined) return { kind: 'refused', failure };
        options.onProgress?.({ kind: 'progress', phase: 'stage' });
        node.stage(request.releases.map((one) => one.manifestHash));
        return { kind: 'finished', result: { kind: 'done', restorePoint: null } };
      }
      case 'update':
      case 'rollback': {
        const result = node.operate(request, options.onProgress);
        if ('code' in result) return { kind: 'refused', failure: result };
        return { kind: 'finished', result: await result };
      }
      case 'recover': {
        const failure = node.refuses(request.authority);
        if (failure !== undefined) return { kind: 'refused', failure };
        return { kind: 'finished', result: await node.recover() };
      }
      case 'metrics':
      case 'adopt':
      case 'prune':
        throw new ThemisError('BUG', `the simulated fleet does not answer ${request.kind}`);
    }
  }

  async #travel(name: string, signal: AbortSignal | undefined, lost: boolean): Promise<void> {
    await this.#options.clock.sleep(this.#latencyMs(name), signal);
    if (signal?.aborted === true) throw aborted();
    if (lost || this.#unreachable.has(name)) throw new ThemisError('UNREACHABLE', `${name} cannot be reached`);
  }

  #latencyMs(name: string): number {
    const { random, latencyMs = [5, 50] } = this.#options;
    if (typeof latencyMs === 'function') return latencyMs(name);
    const [shortest, longest] = latencyMs;
    return shortest + Math.floor(random() * (longest - shortest));
  }

  #changed(node: SimulatedNode, change: NodeChange): void {
    // Told first: whoever checks invariants sees the world as it was.
    this.#options.onChange?.(node, change);
    if (change.kind === 'start') this.#elect(node.cluster);
    else if (change.kind !== 'installed') this.#abdicate(node);
  }

  #abdicate(node: SimulatedNode): void {
    if (node.role !== 'leader') return;
    node.role = 'follower';
    node.ledUntilMs = this.#options.clock.nowMs();
    this.#options.clock.at(this.#options.clock.nowMs() + electionMs, () => this.#elect(node.cluster));
  }

  #elect(cluster: string): void {
    const members = this.#clusters.get(cluster)!;
    if (members.some((node) => node.role === 'leader' && isPresent(node))) return;
    const up = members.filter(isPresent);
    if (up.length <= members.length / 2 && members.length > 2) return;
    const eligible = this.#eligible(cluster);
    const candidates = eligible.length > 0 ? eligible : up;
    if (candidates.length > 0) this.#lead(candidates[Math.floor(this.#options.random() * candidates.length)]!);
  }

  /** The election takes its time; until then the old leader leads. */
  #handOver(leader: SimulatedNode): boolean {
    const others = (): SimulatedNode[] =>
      this.#eligible(leader.cluster).filter((node) => node !== leader && Object.keys(node.packages).length > 0);
    if (others().length === 0) return false;
    this.#options.clock.at(this.#options.clock.nowMs() + electionMs, () => {
      const candidates = others();
      if (leader.role !== 'leader' || candidates.length === 0) return;
      this.#lead(candidates[Math.floor(this.#options.random() * candidates.length)]!);
    });
    return true;
  }

  #eligible(cluster: string): SimulatedNode[] {
    return this.#clusters.get(cluster)!.filter((node) => isPresent(node) && node.open === null);
  }

  #lead(leader: SimulatedNode): void {
    const nowMs = this.#options.clock.nowMs();
    for (const node of this.#clusters.get(leader.cluster)!) {
      if (node.role === 'leader') node.ledUntilMs = nowMs;
      node.role = node === leader ? 'leader' : 'follower';
    }
    leader.leadsSinceMs = nowMs;
  }
}

/** Runs, and its peers hear of it. */
export function isPresent(node: SimulatedNode): boolean {
  return node.up && node.cutOffSinceMs === null;
}

function aborted(): ThemisError {
  return new ThemisError('CANCELLED', 'the caller stopped waiting');
}

function orAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(aborted());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
