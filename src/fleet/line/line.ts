/**
 * The line of turns: which may go next, in either direction. It keeps needs, leader last and one turn per node;
 * clusters keep availability, quorum and skew. A need on a step gives way while that step is postponed because its
 * node leads. Each event costs the edges it touches, never the size of the fleet.
 */
import type { ObservedNode, Replication, Role } from '../../model/observed.ts';
import type { StepState } from '../../model/plan.ts';
import type { Now } from '../now.ts';
import type { Cluster } from './cluster.ts';
import { beforeContracts } from './contracted.ts';
import { Parking } from './parking.ts';
import { PassedOver } from './passed-over.ts';
import type { FleetProgram } from './program.ts';
import type { Bar, NodeView, Turn } from './turn.ts';

export interface LeaderMove {
  readonly cluster: string;
  readonly from: string | null;
  readonly to: string | null;
}

export class Line {
  direction: 'forward' | 'back' = 'forward';
  /** Turns in hand. */
  held = 0;
  /** Clusters with candidates that may not start although nothing of theirs is in hand. */
  readonly blocked = new Set<Cluster>();
  /** Gates whose needs are met. */
  readonly gates = new Set<Turn>();
  readonly parking = new Parking();
  readonly passedOver = new PassedOver();
  readonly #program: FleetProgram;
  /** Clusters to try, first in first out; what lies before the head has been tried. */
  #queue: Cluster[] = [];
  #head = 0;
  #moves: LeaderMove[] = [];
  #upcoming: Turn[] = [];

  constructor(program: FleetProgram) {
    this.#program = program;
    for (const turn of program.turns.values()) turn.node?.cluster.countOpen(turn.rank, 1);
    for (const turn of program.turns.values()) {
      if (turn.place === 'pending' && turn.missing === 0) this.#ready(turn);
    }
  }

  /** What a node reported, or that it did not answer. */
  see(observed: ObservedNode): void {
    const node = this.#program.nodes.get(observed.name);
    if (node === undefined) return;
    const { cluster } = node;
    let changed = false;
    if (observed.reachable) {
      changed = this.#setVersions(node, versionsOf({ packages: observed.packages }));
    }
    const status = observed.reachable ? observed.health.status : 'unknown';
    const bare = observed.reachable && Object.keys(observed.packages).length === 0;
    const up = observed.reachable && !bare && status !== 'unhealthy' && status !== 'stopped';
    changed = this.#setUp(node, up, bare) || changed;
    changed = this.#setRole(node, observed.reachable ? observed.role : 'unknown') || changed;
    changed = this.#setReplication(node, up && observed.reachable ? observed.replication : undefined) || changed;
    if (changed) this.#activate(cluster);
  }

  /** Leadership that moved since the last call. */
  takeMoves(): LeaderMove[] {
    const moves = this.#moves;
    this.#moves = [];
    return moves;
  }

  /** Turns that came within reach since the last call: their releases may be staged ahead. */
  takeUpcoming(): Turn[] {
    const turns = this.#upcoming;
    this.#upcoming = [];
    return turns;
  }

  /** Takes the next candidate in hand; undefined when none may start now. `barOf`: what its tenants have against it. */
  take(barOf: (turn: Turn) => Bar | undefined): Turn | undefined {
    for (let cluster = this.#queue[this.#head]; cluster !== undefined; cluster = this.#queue[this.#head]) {
      const found = cluster.take(
        (turn) => this.#isCandidate(turn),
        (turn) => this.targetOf(turn),
      );
      if (typeof found === 'object') {
        const bar = barOf(found);
        if (bar === undefined) {
          this.hold(found);
          return found;
        }
        this.parking.forTenants(found, bar);
        continue;
      }
      this.#dropHead();
      cluster.queued = false;
      cluster.blocked = found === undefined || cluster.anyHeld ? null : found;
      if (cluster.blocked === null) this.blocked.delete(cluster);
      else this.blocked.add(cluster);
    }
    return undefined;
  }

  #dropHead(): void {
    this.#head += 1;
    if (this.#head * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }

  /** Whom to look at again, because blocked clusters wait for them; so many at most. */
  watchList(limit: number): string[] {
    const names = new Set<string>();
    for (const cluster of this.blocked) {
      for (const node of cluster.blocked === 'leader' ? cluster.members : cluster.wanting()) {
        if (names.size >= limit) return [...names];
        names.add(node.name);
      }
    }
    return [...names];
  }

  hold(turn: Turn): void {
    turn.place = 'held';
    this.held += 1;
    if (turn.node === null) return;
    turn.node.cluster.countVersions(this.targetOf(turn), 1);
    turn.node.cluster.hold(turn.node, turn);
    for (const link of turn.links) if (link.step.stage === turn.step.stage) this.#upcoming.push(link);
  }

  /** Back from hand without an end: it may be taken again. */
  release(turn: Turn): void {
    this.#unhold(turn, 'pending');
    this.#refresh(turn);
    this.#offer(turn);
  }

  /** For another try, at an instant of steady time. */
  park(turn: Turn, untilMs: number): void {
    this.#unhold(turn, 'parked');
    this.#refresh(turn);
    this.parking.forAnotherTry(turn, untilMs);
  }

  /** Until its tenants allow it. */
  bar(turn: Turn, bar: Bar): void {
    this.#unhold(turn, 'parked');
    this.#refresh(turn);
    this.parking.forTenants(turn, bar);
  }

  /** `satisfied`: what waits for it may go on. `arrived`: its node has what the turn leads to, seen since or not. */
  end(turn: Turn, satisfied: boolean, arrived: boolean): void {
    if (turn.place === 'ended') return;
    if (arrived && turn.node !== null) this.#setVersions(turn.node, { ...turn.node.versions, ...this.targetOf(turn) });
    this.#unhold(turn, 'ended');
    turn.postponed = false;
    this.passedOver.put(turn, false);
    if (satisfied) this.#setReleased(turn, true);
    if (turn.node === null) {
      this.gates.delete(turn);
      return;
    }
    const { cluster } = turn.node;
    if (turn.node.role !== 'leader') this.#changeRanks(cluster, () => cluster.countOpen(turn.rank, -1));
    for (const other of turn.node.turns) this.#offer(other);
    this.#activate(cluster);
  }

  /** Whether leader last, availability, quorum and skew let a turn in hand begin now. */
  admits(turn: Turn): boolean {
    const node = turn.node!;
    if (node.role === 'leader' && node.cluster.lowestOpenRank <= turn.rank) return false;
    return node.cluster.obstacle(turn, this.targetOf(turn)) === undefined;
  }

  /** Parked turns whose instant has come are candidates again. */
  wake(now: Now): void {
    for (const turn of this.parking.takeDue(now)) this.#offerAgain(turn);
  }

  /** What tenants allow has changed: whoever they held back is asked for again. */
  askTenantsAgain(): void {
    for (const turn of this.parking.takeBarred()) this.#offerAgain(turn);
  }

  #offerAgain(turn: Turn): void {
    this.#refresh(turn);
    this.#offer(turn);
  }

  /** A turn that was begun before a crash may be taken whatever its needs say now. */
  offerInDoubt(turn: Turn): void {
    this.#offer(turn);
  }

  /** From here on turns are taken back, newest first; `toUndo` says which. Costs the whole plan, once. */
  turnBack(toUndo: (turn: Turn) => boolean): void {
    this.direction = 'back';
    this.blocked.clear();
    this.gates.clear();
    this.passedOver.clear();
    for (const cluster of this.#program.clusters.values()) cluster.clearCandidates();
    const turns = [...this.#program.turns.values()];
    const kept = beforeContracts(this.#program);
    const lastLevel = turns.reduce((most, turn) => Math.max(most, turn.level), 0);
    for (const turn of turns) {
      Object.assign(turn, { links: [], missing: 0, released: false, postponed: false, inDoubt: false });
      Object.assign(turn, {
        silentSinceMs: null,
        refusedSinceMs: null,
        attempts: 0,
        rank: lastLevel - turn.level,
        bar: null,
        priority: -turn.endOrder,
      });
      turn.place = toUndo(turn) && !kept.has(turn) ? 'pending' : 'ended';
      if (turn.place === 'pending' && turn.node !== null && turn.node.role !== 'leader') {
        turn.node.cluster.countOpen(turn.rank, 1);
      }
    }
    for (const turn of turns) this.#linkBack(turn);
    for (const node of this.#program.nodes.values()) for (const turn of node.turns) this.#refresh(turn);
    const free = turns.filter((turn) => turn.missing === 0 && turn.endOrder >= 0);
    free.sort((a, b) => a.priority - b.priority);
    for (const turn of free) this.#ready(turn);
  }

  /** Versions by package that the node of a turn is going to. */
  targetOf(turn: Turn): Readonly<Record<string, string>> {
    return versionsOf(this.direction === 'forward' ? turn.step.after : turn.step.before);
  }

  #linkBack(turn: Turn): void {
    if (turn.endOrder < 0) return;
    const needs = new Set(turn.step.needs.map((id) => this.#program.turns.get(id)!));
    const previous = turn.node?.turns[turn.hop - 1];
    if (previous !== undefined) needs.add(previous);
    for (const need of needs) {
      if (need.endOrder < 0 || partsOnTheWayBack(turn, need)) continue;
      turn.links.push(need);
      need.missing += 1;
    }
  }

  #setVersions(node: NodeView, versions: NodeView['versions']): boolean {
    const { cluster } = node;
    if (sameVersions(versions, node.versions)) return false;
    cluster.countVersions(versions, 1);
    if (cluster.countVersions(node.versions, -1)) this.#unskew(cluster);
    node.versions = versions;
    return true;
  }

  #setUp(node: NodeView, up: boolean, bare: boolean): boolean {
    if (node.up === up && node.bare === bare) return false;
    node.cluster.setUp(node, up, bare);
    for (const turn of node.turns) this.#offer(turn);
    return true;
  }

  #setReplication(node: NodeView, replication: Replication | undefined): boolean {
    const lagged = node.lagging;
    const changed = node.cluster.setReplication(node, replication);
    if (node.lagging !== lagged) for (const turn of node.turns) this.#offer(turn);
    return changed;
  }

  #setRole(node: NodeView, role: Role): boolean {
    if (node.role === role) return false;
    const { cluster } = node;
    const led = node.role === 'leader';
    const leads = role === 'leader';
    // A group has one leader: who was seen to lead before has been followed, and its turn counts again.
    if (leads) for (const other of cluster.leaders) this.#setRole(other, 'unknown');
    cluster.countRole(node, -1);
    node.role = role;
    cluster.countRole(node, 1);
    if (led !== leads) {
      this.#changeRanks(cluster, () => {
        for (const turn of node.turns) if (turn.place !== 'ended') cluster.countOpen(turn.rank, leads ? -1 : 1);
      });
      for (const turn of node.turns) this.#refresh(turn);
    }
    if (leads && cluster.lastLeader !== node.name) {
      this.#moves.push({ cluster: cluster.name, from: cluster.lastLeader, to: node.name });
      cluster.lastLeader = node.name;
    }
    return true;
  }

  /** Whether the leaders of a cluster are postponed depends on its lowest open rank alone. */
  #changeRanks(cluster: Cluster, change: () => void): void {
    const before = cluster.lowestOpenRank;
    change();
    if (cluster.lowestOpenRank === before) return;
    for (const leader of cluster.leaders) for (const turn of leader.turns) this.#refresh(turn);
  }

  #refresh(turn: Turn): void {
    if (turn.node === null || turn.place === 'held' || turn.place === 'ended') return;
    const postponed = turn.node.role === 'leader' && turn.node.cluster.lowestOpenRank <= turn.rank;
    if (postponed === turn.postponed) return;
    turn.postponed = postponed;
    this.#setReleased(turn, givesWay(turn));
    if (!postponed) this.#offer(turn);
  }

  #setReleased(first: Turn, released: boolean): void {
    if (first.released === released) return;
    this.#mark(first, released);
    const work = [first];
    for (let turn = work.pop(); turn !== undefined; turn = work.pop()) {
      for (const link of turn.links) {
        link.missing += released ? -1 : 1;
        if (!released) {
          if (!link.postponed || !link.released) continue;
          this.#mark(link, false);
          work.push(link);
          continue;
        }
        if (link.missing > 0) continue;
        // On the way back, what has nothing to take back passes the word on.
        const passesOn = link.place === 'ended' ? this.direction === 'back' : givesWay(link);
        if (passesOn && !link.released) {
          this.#mark(link, true);
          work.push(link);
        } else this.#ready(link);
      }
    }
  }

  #mark(turn: Turn, released: boolean): void {
    turn.released = released;
    this.passedOver.put(turn, released && turn.postponed);
  }

  #ready(turn: Turn): void {
    if (turn.place === 'ended' && this.direction === 'back') this.#setReleased(turn, true);
    else if (turn.node !== null) this.#offer(turn);
    else if (turn.place === 'pending') this.gates.add(turn);
  }

  #offer(turn: Turn): void {
    if (!this.#isCandidate(turn)) return;
    turn.node!.cluster.offer(turn);
    if (!turn.inDoubt) this.#upcoming.push(turn);
    this.#activate(turn.node!.cluster);
  }

  #isCandidate(turn: Turn): boolean {
    if (turn.place !== 'pending' || turn.postponed || turn.node === null || turn.node.held !== null) return false;
    return turn.missing === 0 || turn.inDoubt;
  }

  #activate(cluster: Cluster): void {
    if (cluster.queued) return;
    cluster.queued = true;
    this.#queue.push(cluster);
  }

  #unskew(cluster: Cluster): void {
    for (const turn of cluster.unskew()) this.#offer(turn);
  }

  #unhold(turn: Turn, place: Turn['place']): void {
    const wasHeld = turn.place === 'held';
    turn.place = place;
    if (!wasHeld) return;
    this.held -= 1;
    if (turn.node === null) return;
    const { cluster } = turn.node;
    cluster.hold(turn.node, null);
    if (cluster.countVersions(this.targetOf(turn), -1)) this.#unskew(cluster);
    this.#activate(cluster);
  }
}

/** A turn that is postponed holds nobody up, once its own is due: what has to come before it comes before the rest too. */
function givesWay({ postponed, missing }: Turn): boolean {
  return postponed && missing === 0;
}

/** Stages are skipped on the way back, and a cluster that cannot go on holds up no other. */
function partsOnTheWayBack(turn: Turn, need: Turn): boolean {
  if (need.node === null) return false;
  return turn.node === null ? turn.undo === 'none' : turn.node.cluster !== need.node.cluster;
}

function versionsOf(state: StepState): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(state.packages ?? {}).map(([name, one]) => [name, one.version]));
}

function sameVersions(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
