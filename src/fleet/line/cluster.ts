/**
 * One Raft group as the stepper sees it: who is up, who leads, which versions stand beside each other, and which
 * steps are candidates, in order. Every change costs the same whatever the size of the cluster (a heap's logarithm
 * aside), so that a hundred thousand nodes cost a hundred thousand times one.
 */
import { Heap } from '../../kernel/heap.ts';
import type { WaitReason } from '../../model/event.ts';
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
  /** In the stepper's queue of clusters to try. */
  queued = false;
  /** Why candidates wait although nothing of the cluster is in hand. */
  blocked: WaitReason | null = null;
  #upCandidates = new Heap<Turn>(byPriority);
  #downCandidates = new Heap<Turn>(byPriority);
  #skewed: Turn[] = [];
  /** Nodes that are down or in hand. */
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

  /** The two ways in which a node is unavailable; it counts once. */
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
    else if (!node.up || node.held !== null) this.#unavailable += change;
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
    const unavailable = this.#unavailable + Number(node.held === null);
    if (unavailable > this.maxUnavailable) return 'health';
    if (this.mustStayUp === null) return undefined;
    if (this.members.length - this.#bare - unavailable < this.mustStayUp) return 'quorum';
    return this.leaders.size === 0 && this.#followers > 0 ? 'leader' : undefined;
  }

  offer(turn: Turn): void {
    (turn.node!.up ? this.#upCandidates : this.#downCandidates).push(turn);
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
    for (const heap of [this.#downCandidates, this.#upCandidates]) {
      for (let turn = heap.peek(); turn !== undefined; turn = heap.peek()) {
        if (!isCandidate(turn) || turn.node!.up !== (heap === this.#upCandidates)) {
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
    this.#upCandidates = new Heap(byPriority);
    this.#downCandidates = new Heap(byPriority);
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
    for (const one of this.down) {
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

function installs({ before }: PlanStep): boolean {
  return Object.keys(before.packages ?? {}).length === 0;
}

function byPriority(a: Turn, b: Turn): number {
  return a.priority - b.priority;
}
