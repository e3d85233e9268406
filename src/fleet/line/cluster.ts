/**
 * One Raft group as the stepper sees it: who is up, who leads, which versions stand beside each other, and which
 * steps are candidates, in order. Every change costs the same whatever the size of the cluster (a heap's logarithm
 * aside), so that a hundred thousand nodes cost a hundred thousand times one.
 */
import { Heap } from '../../kernel/heap.ts';
import type { WaitReason } from '../../model/event.ts';
import type { Replication } from '../../model/observed.ts';
import type { Constraint, PlanStep } from '../../model/plan.ts';
import { maySkew } from './skew.ts';
import type { NodeView, Turn } from './turn.ts';

/** Clusters up to this size are looked at whole before every step; larger ones in turns of this many. */
const wholeLook = 32;

export class Cluster {
  readonly name: string;
  readonly members: NodeView[] = [];
  readonly down = new Set<NodeView>();
  readonly leaders = new Set<NodeView>();
  /** The node that led last, for telling that leadership moved. */
  lastLeader: string | null = null;
  maxUnavailable = 1;
  mustStayUp: number | null = null;
  maxMinorSkew: number | null = null;
  /** A member that is further behind counts as away. */
  maxReplicationLagMs = Infinity;
  readonly lagging = new Set<NodeView>();
  /** Members that report groups of data with too few copies. */
  readonly underReplicated = new Set<NodeView>();
  /** Members that see too few others for one more to go. */
  readonly seesFew = new Set<NodeView>();
  /** In the stepper's queue of clusters to try. */
  queued = false;
  /** Why candidates wait although nothing of the cluster is in hand. */
  blocked: WaitReason | null = null;
  /** By what touching their node costs, cheapest first: see `costOf`. */
  #candidates = noCandidates();
  #skewed: Turn[] = [];
  /** Nodes that are down, in hand or far behind. */
  #unavailable = 0;
  /** Nodes that have nothing installed, not in hand: no share of what is unavailable, but no vote for a quorum. */
  #bare = 0;
  #held = 0;
  #followers = 0;
  /** Turns not ended of nodes that do not lead, by rank. */
  readonly #open: number[] = [];
  readonly #versions = new Map<string, Map<string, number>>();
  #rotation = 0;

  constructor(name: string) {
    this.name = name;
  }

  constrain(constraint: Constraint): void {
    switch (constraint.kind) {
      case 'maxUnavailable':
        this.maxUnavailable = constraint.value;
        return;
      case 'maxMinorSkew':
        this.maxMinorSkew = constraint.value;
        return;
      case 'quorum':
        this.mustStayUp = constraint.mustStayUp;
        return;
      // Leader last is kept in every cluster; windows are kept per step.
      case 'leaderLast':
      case 'window':
        return;
    }
  }

  get anyHeld(): boolean {
    return this.#held > 0;
  }

  get lowestOpenRank(): number {
    const rank = this.#open.findIndex((count) => count > 0);
    return rank === -1 ? Infinity : rank;
  }

  countOpen(rank: number, change: 1 | -1): void {
    while (this.#open.length <= rank) this.#open.push(0);
    this.#open[rank]! += change;
  }

  /** The ways in which a node is unavailable; it counts once. */
  setUp(node: NodeView, up: boolean, bare = false): void {
    this.#count(node, -1);
    node.up = up;
    node.bare = bare;
    this.#count(node, 1);
    if (up) this.down.delete(node);
    else this.down.add(node);
  }

  hold(node: NodeView, turn: Turn | null): void {
    this.#held += Number(turn !== null) - Number(node.held !== null);
    this.#count(node, -1);
    node.held = turn;
    this.#count(node, 1);
  }

  #count(node: NodeView, change: 1 | -1): void {
    if (node.bare && node.held === null) this.#bare += change;
    else if (!node.up || node.held !== null || node.lagging) this.#unavailable += change;
  }

  /** True when it matters for what may start. `replication`: what a member that is up says of the group. */
  setReplication(node: NodeView, replication: Replication | undefined): boolean {
    node.replication = replication;
    const { lagMs = null, underReplicatedGroups = null, membersUp = null } = replication ?? {};
    const lagging = lagMs !== null && lagMs > this.maxReplicationLagMs;
    let changed = node.lagging !== lagging;
    this.#count(node, -1);
    node.lagging = lagging;
    this.#count(node, 1);
    if (lagging) this.lagging.add(node);
    else this.lagging.delete(node);
    const needed = this.membersNeeded;
    changed = keep(this.underReplicated, node, (underReplicatedGroups ?? 0) > 0) || changed;
    return keep(this.seesFew, node, needed !== null && membersUp !== null && membersUp < needed) || changed;
  }

  /** Members that have to be up before one more goes. */
  get membersNeeded(): number | null {
    return this.mustStayUp === null ? null : this.mustStayUp + 1;
  }

  /** Whether another member that serves could lead in place of this one. */
  couldLeadWithout(node: NodeView): boolean {
    const counts = node.up && !node.bare && node.held === null && !node.lagging;
    return this.members.length - this.#bare - this.#unavailable > Number(counts);
  }

  countRole(node: NodeView, change: 1 | -1): void {
    if (node.role === 'follower') this.#followers += change;
    if (node.role !== 'leader') return;
    if (change === 1) this.leaders.add(node);
    else this.leaders.delete(node);
  }

  /** True when a version is gone from the cluster, which is when skew may let more through. */
  countVersions(versions: Readonly<Record<string, string>>, change: 1 | -1): boolean {
    let gone = false;
    for (const [name, version] of Object.entries(versions)) {
      let counts = this.#versions.get(name);
      if (counts === undefined) this.#versions.set(name, (counts = new Map<string, number>()));
      const count = (counts.get(version) ?? 0) + change;
      if (count > 0) counts.set(version, count);
      else {
        counts.delete(version);
        gone = true;
      }
    }
    return gone;
  }

  /** Why this node may not be touched now, its own share of what is unavailable included; undefined when it may. */
  obstacle(turn: Turn, target: Readonly<Record<string, string>>): WaitReason | 'skew' | undefined {
    const node = turn.node!;
    if (!this.#skewAllows(node, target)) return 'skew';
    // It is down already: touching it costs nothing extra.
    if (!node.up) return undefined;
    const unavailable = this.#unavailable + Number(node.held === null && !node.lagging);
    if (unavailable > this.maxUnavailable) return this.lagging.size > 0 ? 'quorum' : 'health';
    if (this.underReplicated.size > 0) return 'quorum';
    if (this.mustStayUp === null) return undefined;
    if (this.members.length - this.#bare - unavailable < this.mustStayUp) return 'quorum';
    if (this.seesFew.size > 0) return 'quorum';
    return this.leaders.size === 0 && this.#followers > 0 ? 'leader' : undefined;
  }

  offer(turn: Turn): void {
    this.#candidates[costOf(turn.node!)].push(turn);
  }

  /** Candidates to try again because a version is gone. */
  unskew(): Turn[] {
    const turns = this.#skewed;
    this.#skewed = [];
    return turns;
  }

  /**
   * The next candidate that may start, or why there is none. `isCandidate` tells entries that have gone stale since
   * they were offered.
   */
  take(
    isCandidate: (turn: Turn) => boolean,
    targetOf: (turn: Turn) => Readonly<Record<string, string>>,
  ): Turn | WaitReason | undefined {
    for (const [cost, heap] of this.#candidates.entries()) {
      for (let turn = heap.peek(); turn !== undefined; turn = heap.peek()) {
        if (!isCandidate(turn) || costOf(turn.node!) !== cost) {
          heap.pop();
          continue;
        }
        const obstacle = this.obstacle(turn, targetOf(turn));
        if (obstacle === undefined) return heap.pop();
        if (obstacle !== 'skew') return obstacle;
        heap.pop();
        this.#skewed.push(turn);
      }
    }
    return undefined;
  }

  /**
   * When the direction turns, every candidate is offered anew. A cluster that the plan made from nothing goes back to
   * nothing: there was no quorum that could be kept.
   */
  clearCandidates(): void {
    this.#candidates = noCandidates();
    this.#skewed = [];
    this.#open.fill(0);
    this.blocked = null;
    if (this.members.every(({ turns: [first] }) => first !== undefined && installs(first.step))) this.mustStayUp = null;
  }

  /** Whom to ask just before a node is touched: itself, who led, who was down, and the others, all or in rotation. */
  lookList(node: NodeView): string[] {
    const names = new Set([node.name]);
    for (const leader of this.leaders) {
      if (names.size >= wholeLook) break;
      names.add(leader.name);
    }
    for (const one of this.wanting()) {
      if (names.size >= wholeLook) break;
      if (one.held === null) names.add(one.name);
    }
    for (let count = Math.min(wholeLook, this.members.length); count > 0; count -= 1) {
      const member = this.members[this.#rotation % this.members.length]!;
      this.#rotation += 1;
      // In hand: it says nothing useful in the middle of its own operation, and it counts as down anyway.
      if (member.held === null) names.add(member.name);
    }
    return [...names];
  }

  /** Members that have to come back, or to catch up. */
  *wanting(): Generator<NodeView> {
    yield* this.down;
    yield* this.lagging;
    yield* this.underReplicated;
    yield* this.seesFew;
  }

  #skewAllows(node: NodeView, target: Readonly<Record<string, string>>): boolean {
    const limit = this.maxMinorSkew;
    if (limit === null) return true;
    for (const [name, version] of Object.entries(target)) {
      const own = node.versions[name];
      for (const [other, count] of this.#versions.get(name) ?? []) {
        const others = count - Number(other === own) - Number(node.held !== null && other === version);
        if (others > 0 && !maySkew(own, version, other, limit)) return false;
      }
    }
    return true;
  }
}

/** True when it was not so before. */
function keep(set: Set<NodeView>, node: NodeView, isIn: boolean): boolean {
  if (set.has(node) === isIn) return false;
  if (isIn) set.add(node);
  else set.delete(node);
  return true;
}

function installs({ before }: PlanStep): boolean {
  return Object.keys(before.packages ?? {}).length === 0;
}

function noCandidates(): readonly [Heap<Turn>, Heap<Turn>, Heap<Turn>] {
  return [new Heap(byPriority), new Heap(byPriority), new Heap(byPriority)];
}

/** A node that is down is touched for nothing, one that lags is away already as far as its cluster counts. */
function costOf(node: NodeView): 0 | 1 | 2 {
  if (!node.up) return 0;
  return node.lagging ? 1 : 2;
}

function byPriority(a: Turn, b: Turn): number {
  return a.priority - b.priority;
}
