/**
 * Leader election of the demo's server: the election half of Raft (Ongaro and Ousterhout 2014, section 5.2)
 * with a persisted term and vote, so that at most one leader exists per term. No log is replicated; there is none.
 * A leader that drains hands over with TimeoutNow (dissertation, section 3.10) instead of leaving a gap.
 */
import { readFileSync, renameSync, writeFileSync, openSync, fsyncSync, closeSync } from 'node:fs';

export interface Peer {
  readonly name: string;
  readonly url: string;
}

export interface ElectionTimes {
  readonly heartbeatMs: number;
  /** Drawn anew for each wait between this and its double. */
  readonly electionMs: number;
}

interface Vote {
  readonly term: number;
  readonly votedFor: string | null;
}

type Role = 'leader' | 'candidate' | 'follower';

export class Election {
  readonly #name: string;
  readonly #peers: readonly Peer[];
  readonly #file: string;
  readonly #times: ElectionTimes;
  #vote: Vote;
  #role: Role = 'follower';
  #leader: string | null = null;
  #eligible = true;
  #running = false;
  /** When a follower last heard of its leader, and how many members that one saw. */
  #heard: { readonly atMs: number; readonly membersUp: number } | null = null;
  /** When each peer last answered this leader. */
  readonly #answeredMs = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(name: string, peers: readonly Peer[], file: string, times: ElectionTimes) {
    this.#name = name;
    this.#peers = peers;
    this.#file = file;
    this.#times = times;
    this.#vote = readVote(file);
  }

  get role(): 'leader' | 'follower' {
    return this.#role === 'leader' ? 'leader' : 'follower';
  }

  get term(): number {
    return this.#vote.term;
  }

  get leader(): string | null {
    return this.#leader;
  }

  /** How long ago a follower heard of its leader; null while nobody leads. */
  get lagMs(): number | null {
    if (this.#role === 'leader') return 0;
    return this.#leader === null || this.#heard === null ? null : Math.round(performance.now() - this.#heard.atMs);
  }

  /** This one included: as the leader counts, or as it told its followers. null while nobody leads. */
  get membersUp(): number | null {
    if (this.#role !== 'leader') return this.#leader === null ? null : (this.#heard?.membersUp ?? null);
    const sinceMs = performance.now() - this.#times.electionMs;
    return 1 + this.#peers.filter(({ name }) => (this.#answeredMs.get(name) ?? -Infinity) >= sinceMs).length;
  }

  start(): void {
    this.#running = true;
    if (this.#peers.length === 0) this.#become({ term: this.term + 1, votedFor: this.#name }, 'leader', this.#name);
    else this.#arm();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** While not eligible the server never stands for election. */
  setEligible(eligible: boolean): void {
    this.#eligible = eligible;
  }

  onVote(term: number, candidate: string): { term: number; granted: boolean } {
    if (term > this.term) this.#become({ term, votedFor: null }, 'follower', null);
    const granted = term === this.term && (this.#vote.votedFor === null || this.#vote.votedFor === candidate);
    if (granted) this.#become({ term, votedFor: candidate }, 'follower', this.#leader);
    return { term: this.term, granted };
  }

  onHeartbeat(term: number, leader: string, membersUp: number): { term: number } {
    if (term >= this.term) {
      this.#heard = { atMs: performance.now(), membersUp };
      this.#become({ term, votedFor: term > this.term ? null : this.#vote.votedFor }, 'follower', leader);
    }
    return { term: this.term };
  }

  onTimeoutNow(): void {
    if (this.#eligible && this.#role !== 'leader') void this.#stand();
  }

  /** Gives leadership to a peer; true once another leader is known, false after the limit. */
  async handOver(limitMs: number): Promise<boolean> {
    const until = performance.now() + limitMs;
    for (const peer of this.#peers) {
      if (this.role !== 'leader') break;
      if ((await this.#send(peer, 'timeout-now', { term: this.term }))?.['accepted'] !== true) continue;
      while (this.role === 'leader' && performance.now() < until) await pause(20);
    }
    while (this.leader === null && performance.now() < until) await pause(20);
    return this.role !== 'leader' && this.leader !== null;
  }

  #become(vote: Vote, role: Role, leader: string | null): void {
    if (vote.term !== this.#vote.term || vote.votedFor !== this.#vote.votedFor) {
      this.#vote = vote;
      writeVote(this.#file, vote);
    }
    this.#role = role;
    this.#leader = leader;
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (!this.#running) return;
    const { heartbeatMs, electionMs } = this.#times;
    if (this.#role === 'leader') this.#timer = setTimeout(() => void this.#beat(), heartbeatMs);
    else this.#timer = setTimeout(() => void this.#stand(), electionMs * (1 + Math.random()));
  }

  async #stand(): Promise<void> {
    if (!this.#eligible) {
      this.#arm();
      return;
    }
    this.#become({ term: this.term + 1, votedFor: this.#name }, 'candidate', null);
    const { term } = this.#vote;
    const answers = await this.#ask('vote', { term, candidate: this.#name });
    if (this.#role !== 'candidate' || this.term !== term || this.#yieldTo(answers)) return;
    const votes = 1 + answers.filter((answer) => answer?.['granted'] === true).length;
    if (votes * 2 <= this.#peers.length + 1) return;
    this.#role = 'leader';
    this.#leader = this.#name;
    await this.#beat();
  }

  async #beat(): Promise<void> {
    this.#arm();
    const beat = { term: this.term, leader: this.#name, membersUp: this.membersUp };
    this.#yieldTo(await this.#ask('heartbeat', beat));
  }

  /** True when an answer knows a newer term. */
  #yieldTo(answers: readonly Answer[]): boolean {
    const newest = Math.max(0, ...answers.map((answer) => Number(answer?.['term'] ?? 0)));
    if (newest <= this.term) return false;
    this.#become({ term: newest, votedFor: null }, 'follower', null);
    return true;
  }

  async #ask(path: string, body: object): Promise<Answer[]> {
    return await Promise.all(this.#peers.map((peer) => this.#send(peer, path, body)));
  }

  async #send(peer: Peer, path: string, body: object): Promise<Answer> {
    try {
      const signal = AbortSignal.timeout(this.#times.electionMs / 2);
      const response = await fetch(`${peer.url}/raft/${path}`, { method: 'POST', body: JSON.stringify(body), signal });
      const answer = (await response.json()) as Answer;
      this.#answeredMs.set(peer.name, performance.now());
      return answer;
    } catch {
      return undefined; // A peer that is down is an ordinary answer.
    }
  }
}

type Answer = Record<string, unknown> | undefined;

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

function readVote(file: string): Vote {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Vote;
  } catch {
    return { term: 0, votedFor: null };
  }
}

/** Durable before the vote is given: a server that forgets could vote twice in one term. */
function writeVote(file: string, vote: Vote): void {
  const descriptor = openSync(`${file}.new`, 'w', 0o600);
  writeFileSync(descriptor, JSON.stringify(vote));
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(`${file}.new`, file);
}
