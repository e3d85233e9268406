/**
 * The fleet's coordination store: lease, journal, rollout record, history. Every write names the fencing token
 * of a lease; the store checks in the same transaction that no higher token was given out, else FENCED.
 * A write is durable when its promise resolves.
 */
import type { Digest } from '../kernel/digest.ts';
import type { ExecutionResult } from '../model/event.ts';
import type { JournalEntry } from '../model/journal.ts';
import type { Plan } from '../model/plan.ts';
import type { RolloutRecord } from '../model/rollout-record.ts';
import type { EvidenceStore } from './evidence-store.ts';

export interface Store {
  /** Random id made with the store: what nodes record at first contact. */
  readonly id: string;
  readonly lease: Lease;
  readonly evidence: EvidenceStore;

  /** `suspended` in it is what `readSteering` says. */
  readRecord(): Promise<RolloutRecord>;
  /** All but `suspended`, which `steer` alone changes. */
  writeRecord(record: RolloutRecord, token: number): Promise<void>;

  /** What people asked for from outside: small, so that a running execution can look before every step. */
  readSteering(): Promise<Steering>;
  /** Needs no lease: it must work while somebody else holds it. Members that are absent stay as they are. */
  steer(change: Partial<Steering>): Promise<void>;

  /** Opens an execution of a plan; the plan is kept whole, so that it can be resumed without its file. */
  openExecution(execution: ExecutionHeader, plan: Plan, token: number): Promise<void>;
  /** `seq` must be the next one, else BUG: a gap would be a lost entry. */
  appendJournal(entry: JournalEntry): Promise<void>;
  readJournal(execution: string): Promise<readonly JournalEntry[]>;
  closeExecution(execution: string, end: ExecutionEnd, token: number): Promise<void>;
  /** The execution that was opened and not closed, if any; there is at most one. */
  openExecutionOf(): Promise<ExecutionSummary | null>;
  readPlan(execution: string): Promise<Plan>;
  /** Newest first. */
  history(limit: number): Promise<readonly ExecutionSummary[]>;

  close(): Promise<void>;
}

export interface Steering {
  readonly suspended: RolloutRecord['suspended'];
  /** Nodes in hand finish, nothing else starts, the execution is closed. */
  readonly cancel: { readonly execution: string; readonly at: string; readonly by: string } | null;
}

export interface ExecutionHeader {
  readonly id: string;
  readonly kind: 'apply' | 'rollback';
  readonly planDigest: Digest;
  readonly targetDigest: Digest;
  readonly startedAt: string;
  /** Who asked: `user@host`. */
  readonly by: string;
}

export interface ExecutionEnd {
  readonly finishedAt: string;
  readonly result: ExecutionResult;
  readonly exitCode: number;
  readonly detail: string;
}

export interface ExecutionSummary extends ExecutionHeader {
  readonly revision: string | null;
  readonly end: ExecutionEnd | null;
}

export interface Lease {
  /** null when somebody else holds it and is alive. A holder known to be dead is replaced at once. */
  acquire(holder: LeaseHolder, ttlMs: number): Promise<HeldLease | null>;
  current(): Promise<LeaseState | null>;
  /** Takes the lease from whoever holds it; `token` must be the one seen. The next holder gets a higher token. */
  forceRelease(token: number): Promise<boolean>;
}

export interface LeaseHolder {
  readonly id: string;
  /** `user@host`, process id and command, for the message that somebody else reads. */
  readonly who: string;
  readonly host: string;
  readonly pid: number;
  /** Start of that process as the system counts it; tells a reused pid apart. Null where unknown. */
  readonly pidStartedAt: string | null;
  readonly purpose: string;
}

export interface LeaseState {
  readonly holder: LeaseHolder;
  readonly token: number;
  readonly acquiredAt: string;
  readonly expiresAt: string;
}

export interface HeldLease {
  readonly token: number;
  /** FENCED when it was lost. */
  renew(ttlMs: number): Promise<void>;
  release(): Promise<void>;
}
