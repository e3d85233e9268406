/**
 * The store as an in-memory fake: the same rules as the others, nothing durable. Openers that share a `MemoryState`
 * are like processes that share a file.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { Plan } from '../../model/plan.ts';
import { emptyRecord, type RolloutRecord } from '../../model/rollout-record.ts';
import type { StageLook, Verdict } from '../../model/verdict.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EvidenceStore } from '../../ports/evidence-store.ts';
import type {
  ExecutionEnd,
  ExecutionHeader,
  ExecutionSummary,
  HeldLease,
  Lease,
  LeaseHolder,
  LeaseState,
  Steering,
  Store,
} from '../../ports/store.ts';
import { keptVerdicts } from './kept-verdicts.ts';
import { acquired, checkToken, forced, freeLease, leaseStateOf, released, renewed } from './lease-rules.ts';
import type { IsAlive, LeaseRow } from './lease-rules.ts';

export interface MemoryState {
  readonly id: string;
  lease: LeaseRow;
  record: RolloutRecord;
  steering: Steering;
  readonly verdicts: Map<string, Verdict>;
  readonly looks: Map<string, StageLook[]>;
  readonly executions: { readonly summary: ExecutionSummary; readonly plan: Plan; readonly journal: JournalEntry[] }[];
}

export function createMemoryState(id = 'memory'): MemoryState {
  return {
    id,
    lease: freeLease,
    record: emptyRecord,
    steering: { suspended: null, cancel: null },
    verdicts: new Map(),
    looks: new Map(),
    executions: [],
  };
}

export function createMemoryStore(state: MemoryState, clock: Clock, isAlive: IsAlive = () => true): Store {
  return new MemoryStore(state, clock, isAlive);
}

class MemoryStore implements Store {
  readonly id: string;
  readonly lease: Lease;
  readonly evidence: EvidenceStore;
  readonly #state: MemoryState;

  constructor(state: MemoryState, clock: Clock, isAlive: IsAlive) {
    this.id = state.id;
    this.#state = state;
    this.lease = new MemoryLease(state, clock, isAlive);
    this.evidence = createMemoryEvidence(state);
  }

  async readRecord(): Promise<RolloutRecord> {
    return { ...this.#state.record, suspended: this.#state.steering.suspended };
  }

  async writeRecord(record: RolloutRecord, token: number): Promise<void> {
    checkToken(this.#state.lease, token);
    this.#state.record = record;
  }

  async readSteering(): Promise<Steering> {
    return this.#state.steering;
  }

  async steer(change: Partial<Steering>): Promise<void> {
    this.#state.steering = { ...this.#state.steering, ...change };
  }

  async openExecution(execution: ExecutionHeader, plan: Plan, token: number): Promise<void> {
    checkToken(this.#state.lease, token);
    if ((await this.openExecutionOf()) !== null) throw new ThemisError('BUG', 'an execution is open already');
    const summary = { ...execution, revision: plan.source.revision, end: null };
    this.#state.executions.push({ summary, plan, journal: [] });
  }

  async appendJournal(entry: JournalEntry): Promise<void> {
    checkToken(this.#state.lease, entry.token);
    const { journal } = this.#find(entry.operation);
    if (entry.seq !== journal.length) {
      throw new ThemisError('BUG', `journal entry ${entry.seq} follows ${journal.length - 1}`);
    }
    journal.push(entry);
  }

  async readJournal(execution: string): Promise<readonly JournalEntry[]> {
    return [...this.#find(execution).journal];
  }

  async closeExecution(execution: string, end: ExecutionEnd, token: number): Promise<void> {
    checkToken(this.#state.lease, token);
    const index = this.#state.executions.findIndex((one) => one.summary.id === execution);
    const found = this.#find(execution);
    if (found.summary.end === null) {
      for (const key of this.#state.looks.keys()) {
        if ((JSON.parse(key) as string[])[0] === execution) this.#state.looks.delete(key);
      }
      this.#state.executions[index] = { ...found, summary: { ...found.summary, end } };
    }
  }

  async openExecutionOf(): Promise<ExecutionSummary | null> {
    return this.#state.executions.find((one) => one.summary.end === null)?.summary ?? null;
  }

  async readPlan(execution: string): Promise<Plan> {
    return this.#find(execution).plan;
  }

  async history(limit: number): Promise<readonly ExecutionSummary[]> {
    return this.#state.executions
      .map((one) => one.summary)
      .reverse()
      .slice(0, limit);
  }

  async close(): Promise<void> {}

  #find(execution: string): MemoryState['executions'][number] {
    const found = this.#state.executions.find((one) => one.summary.id === execution);
    if (found === undefined) throw new ThemisError('NOT_FOUND', `no execution ${execution} in the store`);
    return found;
  }
}

function createMemoryEvidence(state: MemoryState): EvidenceStore {
  const key = (execution: string, stage: string): string => JSON.stringify([execution, stage]);
  return {
    async writeVerdict(verdict, token) {
      checkToken(state.lease, token);
      state.verdicts.set(verdict.id, verdict);
      for (const oldest of state.verdicts.keys()) {
        if (state.verdicts.size <= keptVerdicts) break;
        state.verdicts.delete(oldest);
      }
    },
    async readVerdict(id) {
      const verdict = state.verdicts.get(id);
      if (verdict === undefined) throw new ThemisError('NOT_FOUND', `no verdict ${id} in the store`);
      return verdict;
    },
    async appendLook(execution, stage, look, token) {
      checkToken(state.lease, token);
      const list = state.looks.get(key(execution, stage)) ?? [];
      state.looks.set(key(execution, stage), [...list, look]);
    },
    async readLooks(execution, stage) {
      return state.looks.get(key(execution, stage)) ?? [];
    },
  };
}

class MemoryLease implements Lease {
  readonly #state: MemoryState;
  readonly #clock: Clock;
  readonly #isAlive: IsAlive;

  constructor(state: MemoryState, clock: Clock, isAlive: IsAlive) {
    this.#state = state;
    this.#clock = clock;
    this.#isAlive = isAlive;
  }

  async acquire(holder: LeaseHolder, ttlMs: number): Promise<HeldLease | null> {
    const state = this.#state;
    const row = acquired(state.lease, holder, this.#clock.nowMs(), ttlMs, this.#isAlive);
    if (row === null) return null;
    state.lease = row;
    const clock = this.#clock;
    return {
      token: row.token,
      async renew(ttlMs) {
        state.lease = renewed(state.lease, row.token, clock.nowMs(), ttlMs);
      },
      async release() {
        state.lease = released(state.lease, row.token) ?? state.lease;
      },
    };
  }

  async current(): Promise<LeaseState | null> {
    return leaseStateOf(this.#state.lease);
  }

  async forceRelease(token: number): Promise<boolean> {
    const row = forced(this.#state.lease, token);
    if (row !== null) this.#state.lease = row;
    return row !== null;
  }
}
