/**
 * The tables of the schema `themis`, in which a database keeps what was done to it. They are made by the first run and
 * by nobody who only looks. JSON stands there as text of type `json`, instants as RFC 3339 text, as everywhere else.
 */
import { ThemisError } from '../../../kernel/error.ts';
import type { DatabaseSession } from '../../../ports/schema/database.ts';

const version = '1';

const statements = `
CREATE SCHEMA themis;
CREATE TABLE themis.meta (key text PRIMARY KEY, value text NOT NULL);
CREATE TABLE themis.fence (one boolean PRIMARY KEY CHECK (one), token bigint NOT NULL, holder text NOT NULL);
CREATE TABLE themis.history (
  run bigint PRIMARY KEY, migration text NOT NULL, schema_version bigint NOT NULL, digest text NOT NULL,
  operations json NOT NULL, phase text NOT NULL, by text NOT NULL, started_at text NOT NULL, finished_at text,
  rows bigint NOT NULL, outcome text, failure json, catalog json NOT NULL);
CREATE TABLE themis.steps (
  run bigint REFERENCES themis.history, position bigint, migration text NOT NULL, phase text NOT NULL,
  operation bigint NOT NULL, id text NOT NULL, step json NOT NULL, PRIMARY KEY (run, position), UNIQUE (run, id));
CREATE TABLE themis.journal (
  run bigint REFERENCES themis.history, seq bigint, operation text NOT NULL, step text, event text NOT NULL,
  at text NOT NULL, token bigint NOT NULL, detail json, failure json, PRIMARY KEY (run, seq));
CREATE TABLE themis.progress (
  run bigint REFERENCES themis.history, step text, cursor json, upper json, total bigint, seen bigint NOT NULL,
  rows bigint NOT NULL, batch_rows bigint NOT NULL, attempts bigint NOT NULL, PRIMARY KEY (run, step));
INSERT INTO themis.meta VALUES ('layout', '${version}');
`;

/** Whether Themis was here. Throws UNSUPPORTED_FORMAT for tables of a later version of Themis. */
export async function hasLayout(session: DatabaseSession): Promise<boolean> {
  const { rows } = await session.query(`SELECT to_regclass('themis.meta') IS NOT NULL AS there`);
  if (rows[0]?.['there'] !== 't') return false;
  const layout = await session.query(`SELECT value FROM themis.meta WHERE key = 'layout'`);
  const found = layout.rows[0]?.['value'] ?? 'none';
  if (found !== version) {
    throw new ThemisError('UNSUPPORTED_FORMAT', `The schema themis of the database has layout ${found}.`, {
      hint: 'Use the version of Themis that made it.',
    });
  }
  return true;
}

/** In a transaction, and under the lock of whoever applies. */
export async function createLayout(session: DatabaseSession): Promise<void> {
  await session.query(statements);
}
