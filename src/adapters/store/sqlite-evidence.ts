/** Verdicts and readings in the store's SQLite file; every write is fenced like a journal entry. */
import type { DatabaseSync } from 'node:sqlite';
import { ThemisError } from '../../kernel/error.ts';
import type { Series } from '../../model/metrics.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { EvidenceStore } from '../../ports/evidence-store.ts';
import { keptVerdicts } from './kept-verdicts.ts';

export const evidenceSchema = `
  CREATE TABLE IF NOT EXISTS verdict (
    ord INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    json TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS readings (
    ord INTEGER PRIMARY KEY AUTOINCREMENT,
    execution TEXT NOT NULL REFERENCES execution (id),
    stage TEXT NOT NULL,
    json TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS readings_of ON readings (execution, stage);
`;

export interface EvidenceAccess {
  readonly db: DatabaseSync;
  readonly fencedWrite: (token: number, work: () => void) => void;
  readonly read: <Result>(work: () => Result) => Result;
}

export function createSqliteEvidence({ db, fencedWrite, read }: EvidenceAccess): EvidenceStore {
  return {
    async writeVerdict(verdict, token) {
      fencedWrite(token, () => {
        db.prepare('INSERT INTO verdict (id, json) VALUES (?, ?) ON CONFLICT (id) DO NOTHING').run(
          verdict.id,
          JSON.stringify(verdict),
        );
        db.prepare('DELETE FROM verdict WHERE ord <= (SELECT max(ord) FROM verdict) - ?').run(keptVerdicts);
      });
    },
    async readVerdict(id) {
      return read(() => {
        const row = db.prepare('SELECT json FROM verdict WHERE id = ?').get(id);
        if (row === undefined) throw new ThemisError('NOT_FOUND', `no verdict ${id} in the store`);
        return JSON.parse(row['json'] as string) as Verdict;
      });
    },
    async appendReadings(execution, stage, readings, token) {
      fencedWrite(token, () => {
        db.prepare('INSERT INTO readings (execution, stage, json) VALUES (?, ?, ?)').run(
          execution,
          stage,
          JSON.stringify(readings),
        );
      });
    },
    async readReadings(execution, stage) {
      return read(() => {
        const rows = db
          .prepare('SELECT json FROM readings WHERE execution = ? AND stage = ? ORDER BY ord')
          .all(execution, stage);
        return rows.map((row) => JSON.parse(row['json'] as string) as Series[]);
      });
    },
  };
}
