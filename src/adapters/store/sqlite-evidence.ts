/**
 * Verdicts and looks in the store's SQLite file; every write is fenced like a journal entry. Both are long lists of
 * similar numbers, so they are kept compressed: a tenth of their text.
 */
import type { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ThemisError } from '../../kernel/error.ts';
import type { StageLook, Verdict } from '../../model/verdict.ts';
import type { EvidenceStore } from '../../ports/evidence-store.ts';
import { keptVerdicts } from './kept-verdicts.ts';

export const evidenceSchema = `
  CREATE TABLE IF NOT EXISTS verdict (
    ord INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    json BLOB NOT NULL
  );
  CREATE TABLE IF NOT EXISTS look (
    ord INTEGER PRIMARY KEY AUTOINCREMENT,
    execution TEXT NOT NULL REFERENCES execution (id),
    stage TEXT NOT NULL,
    json BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS look_of ON look (execution, stage);
`;

export interface EvidenceAccess {
  readonly db: DatabaseSync;
  readonly fencedWrite: (token: number, work: () => void) => void;
  readonly read: <Result>(work: () => Result) => Result;
}

export function createSqliteEvidence({ db, fencedWrite, read }: EvidenceAccess): EvidenceStore {
  return {
    async writeVerdict(verdict, token) {
      const json = packed(verdict);
      fencedWrite(token, () => {
        db.prepare('INSERT INTO verdict (id, json) VALUES (?, ?) ON CONFLICT (id) DO NOTHING').run(verdict.id, json);
        db.prepare('DELETE FROM verdict WHERE ord <= (SELECT max(ord) FROM verdict) - ?').run(keptVerdicts);
      });
    },
    async readVerdict(id) {
      const row = read(() => db.prepare('SELECT json FROM verdict WHERE id = ?').get(id));
      if (row === undefined) throw new ThemisError('NOT_FOUND', `no verdict ${id} in the store`);
      return unpacked(row) as Verdict;
    },
    async appendLook(execution, stage, look, token) {
      const json = packed(look);
      fencedWrite(token, () => {
        db.prepare('INSERT INTO look (execution, stage, json) VALUES (?, ?, ?)').run(execution, stage, json);
      });
    },
    async readLooks(execution, stage) {
      const rows = read(() =>
        db.prepare('SELECT json FROM look WHERE execution = ? AND stage = ? ORDER BY ord').all(execution, stage),
      );
      return rows.map((row) => unpacked(row) as StageLook);
    },
  };
}

function packed(value: object): Uint8Array {
  return zstdCompressSync(JSON.stringify(value));
}

function unpacked(row: Record<string, unknown>): unknown {
  return JSON.parse(zstdDecompressSync(row['json'] as Uint8Array).toString('utf8'));
}
