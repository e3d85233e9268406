/**
 * The store in one SQLite file: WAL and synchronous=FULL, so that a write whose promise resolved survives a power
 * cut; every change is one BEGIN IMMEDIATE transaction that first checks the fencing token. Several processes may
 * have the file open; a writer waits at most five seconds for another.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ThemisError } from '../../kernel/error.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { Plan } from '../../model/plan.ts';
import { emptyRecord, type RolloutRecord } from '../../model/rollout-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EvidenceStore } from '../../ports/evidence-store.ts';
import type { ExecutionEnd, ExecutionHeader, ExecutionSummary, Lease, Steering, Store } from '../../ports/store.ts';
import { checkToken, freeLease, type IsAlive, type LeaseRow } from './lease-rules.ts';
import { createSqliteEvidence, evidenceSchema } from './sqlite-evidence.ts';
import { createSqliteLease } from './sqlite-lease.ts';

/** 2 added verdicts and looks. */
const schemaVersion = 2;
const schema = `
  CREATE TABLE value (name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE execution (
    ord INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    header TEXT NOT NULL,
    plan TEXT NOT NULL,
    ended TEXT
  );
  CREATE UNIQUE INDEX one_open ON execution ((ended IS NULL)) WHERE ended IS NULL;
  CREATE TABLE journal (
    execution TEXT NOT NULL REFERENCES execution (id),
    seq INTEGER NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (execution, seq)
  ) WITHOUT ROWID;
`;

/** Creates the file, and its directory with mode 0700, when they are not there. */
export function openSqliteStore(file: string, clock: Clock, isAlive: IsAlive): Store {
  return new SqliteStore(file, clock, isAlive);
}

/** What the lease needs of the database. */
export interface SqliteAccess {
  /** One BEGIN IMMEDIATE transaction. */
  write<Result>(work: () => Result): Result;
  read<Result>(work: () => Result): Result;
  readLease(): LeaseRow;
  writeLease(row: LeaseRow): void;
}

class SqliteStore implements Store, SqliteAccess {
  readonly id: string;
  readonly lease: Lease;
  readonly evidence: EvidenceStore;
  readonly #db: DatabaseSync;

  constructor(file: string, clock: Clock, isAlive: IsAlive) {
    this.#db = openDatabase(file);
    try {
      this.id = this.write(() => this.#prepare(file));
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.lease = createSqliteLease(this, clock, isAlive);
    this.evidence = createSqliteEvidence({
      db: this.#db,
      fencedWrite: (token, work) => this.#fencedWrite(token, work),
      read: (work) => this.read(work),
    });
  }

  async readRecord(): Promise<RolloutRecord> {
    return this.read(() => ({
      // Records of older versions lack what came later.
      ...emptyRecord,
      ...(this.#value('record') as RolloutRecord | undefined),
      suspended: this.#steering().suspended,
    }));
  }

  async writeRecord(record: RolloutRecord, token: number): Promise<void> {
    this.#fencedWrite(token, () => this.#setValue('record', record));
  }

  async readSteering(): Promise<Steering> {
    return this.read(() => this.#steering());
  }

  async steer(change: Partial<Steering>): Promise<void> {
    this.write(() => this.#setValue('steering', { ...this.#steering(), ...change }));
  }

  async openExecution(execution: ExecutionHeader, plan: Plan, token: number): Promise<void> {
    const header = { ...execution, revision: plan.source.revision };
    this.#fencedWrite(token, () => {
      this.#db
        .prepare('INSERT INTO execution (id, header, plan) VALUES (?, ?, ?)')
        .run(execution.id, JSON.stringify(header), JSON.stringify(plan));
    });
  }

  async appendJournal(entry: JournalEntry): Promise<void> {
    this.#fencedWrite(entry.token, () => {
      const row = this.#db.prepare('SELECT max(seq) AS last FROM journal WHERE execution = ?').get(entry.operation);
      const last = (row?.['last'] as number | null | undefined) ?? -1;
      if (entry.seq !== last + 1) throw new ThemisError('BUG', `journal entry ${entry.seq} follows ${last}`);
      this.#db
        .prepare('INSERT INTO journal (execution, seq, entry) VALUES (?, ?, ?)')
        .run(entry.operation, entry.seq, JSON.stringify(entry));
    });
  }

  async readJournal(execution: string): Promise<readonly JournalEntry[]> {
    return this.read(() => {
      this.#execution(execution);
      const rows = this.#db.prepare('SELECT entry FROM journal WHERE execution = ? ORDER BY seq').all(execution);
      return rows.map((row) => JSON.parse(row['entry'] as string) as JournalEntry);
    });
  }

  async closeExecution(execution: string, end: ExecutionEnd, token: number): Promise<void> {
    this.#fencedWrite(token, () => {
      this.#execution(execution);
      this.#db
        .prepare('UPDATE execution SET ended = ? WHERE id = ? AND ended IS NULL')
        .run(JSON.stringify(end), execution);
      this.#db.prepare('DELETE FROM look WHERE execution = ?').run(execution);
    });
  }

  async openExecutionOf(): Promise<ExecutionSummary | null> {
    return this.read(() => {
      const row = this.#db.prepare('SELECT header, ended FROM execution WHERE ended IS NULL').get();
      return row === undefined ? null : summaryOf(row);
    });
  }

  async readPlan(execution: string): Promise<Plan> {
    return this.read(() => JSON.parse(this.#execution(execution)['plan'] as string) as Plan);
  }

  async history(limit: number): Promise<readonly ExecutionSummary[]> {
    return this.read(() =>
      this.#db.prepare('SELECT header, ended FROM execution ORDER BY ord DESC LIMIT ?').all(limit).map(summaryOf),
    );
  }

  async close(): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }

  write<Result>(work: () => Result): Result {
    return this.read(() => {
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        this.#db.exec('COMMIT');
        return result;
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    });
  }

  read<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw wrap(error);
    }
  }

  readLease(): LeaseRow {
    return (this.#value('lease') as LeaseRow | undefined) ?? freeLease;
  }

  writeLease(row: LeaseRow): void {
    this.#setValue('lease', row);
  }

  #prepare(file: string): string {
    const found = this.#db.prepare('PRAGMA user_version').get()!['user_version'] as number;
    if (found > schemaVersion) {
      throw new ThemisError(
        'UNSUPPORTED_FORMAT',
        `${file} has schema version ${found}, this Themis knows ${schemaVersion}`,
        {
          hint: 'use the newer version of Themis that wrote it',
        },
      );
    }
    if (found === 0) {
      this.#db.exec(schema);
      this.#setValue('id', randomUUID());
    }
    if (found < schemaVersion) {
      this.#db.exec(evidenceSchema);
      this.#db.exec(`PRAGMA user_version = ${schemaVersion}`);
    }
    return this.#value('id') as string;
  }

  #fencedWrite(token: number, work: () => void): void {
    this.write(() => {
      checkToken(this.readLease(), token);
      work();
    });
  }

  #steering(): Steering {
    return (this.#value('steering') as Steering | undefined) ?? { suspended: null, cancel: null };
  }

  #execution(id: string): Record<string, unknown> {
    const row = this.#db.prepare('SELECT plan FROM execution WHERE id = ?').get(id);
    if (row === undefined) throw new ThemisError('NOT_FOUND', `no execution ${id} in the store`);
    return row;
  }

  #value(name: string): unknown {
    const row = this.#db.prepare('SELECT json FROM value WHERE name = ?').get(name);
    return row === undefined ? undefined : JSON.parse(row['json'] as string);
  }

  #setValue(name: string, value: unknown): void {
    this.#db
      .prepare('INSERT INTO value (name, json) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET json = excluded.json')
      .run(name, JSON.stringify(value));
  }
}

function openDatabase(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    chmodSync(dirname(file), 0o700);
    const db = new DatabaseSync(file, { timeout: 5000 });
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    return db;
  } catch (error) {
    throw new ThemisError('IO', `cannot open the fleet's state in ${file}: ${messageOf(error)}`, {
      cause: error,
      hint: 'check that the directory can be written, or set THEMIS_STATE_DIR',
    });
  }
}

function summaryOf(row: Record<string, unknown>): ExecutionSummary {
  const ended = row['ended'] as string | null;
  const header = JSON.parse(row['header'] as string) as Omit<ExecutionSummary, 'end'>;
  return { ...header, end: ended === null ? null : (JSON.parse(ended) as ExecutionEnd) };
}

function wrap(error: unknown): unknown {
  if (error instanceof ThemisError) return error;
  const code = (error as { errcode?: number }).errcode;
  // 13 is SQLITE_FULL; 2067 a broken UNIQUE constraint: the index that allows one open execution.
  if (code === 13) return new ThemisError('NO_SPACE', "no space left for the fleet's state", { cause: error });
  if (code === 2067) return new ThemisError('BUG', 'an execution is open already', { cause: error });
  return new ThemisError('IO', `the fleet's state store failed: ${messageOf(error)}`, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
