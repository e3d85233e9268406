/**
 * Walks a table by its key in batches. Each is one transaction with how far it came, so a crash costs one batch at most.
 * It ends at the largest key that was there when it began: rows that come after that are the business of triggers. One
 * that takes another back ends where that one came to.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { identifier, literal, qualified } from '../../../migrate/sql/quote.ts';
import type { WalkAction } from '../../../model/schema/schema-step.ts';
import { checkFence } from '../ledger/fence.ts';
import { stopIfAsked } from '../request.ts';
import { clampBatch, fewerRows, nextBatchRows } from './batch-size.ts';
import { copyLimits, type StepCall } from './call.ts';
import { between, descending, keyColumns, keyOf, names, overBatch, type Key } from './key-range.ts';
import { patiently } from './patiently.ts';
import { ProgressTeller, estimateRows, readProgress, readWayBack, writeProgress, type Progress } from './progress.ts';
import { giveWay, readLoad, type Load } from './throttle.ts';

export async function walk(call: StepCall, action: WalkAction): Promise<void> {
  const { parts } = call.work;
  let at = (await readProgress(call)) ?? (await begin(call, action));
  const teller = new ProgressTeller(call, at);
  while (!isAtEnd(at)) {
    stopIfAsked(parts);
    let rows = at.batchRows;
    let tookMs = 0;
    const done = await patiently(
      call,
      async () => {
        const fromMs = parts.clock.steadyMs();
        const batch = await walkBatch(call, action, { ...at, batchRows: rows });
        tookMs = parts.clock.steadyMs() - fromMs;
        return batch;
      },
      // Somebody holds one of them: fewer rows meet fewer writers, and a single one may be waited for.
      () => (rows = fewerRows(rows)),
    );
    teller.tell(done.at);
    const pause = isAtEnd(done.at) ? 'none' : await giveWay(call, done.load);
    at = { ...done.at, batchRows: nextBatchRows(rows, tookMs, pause) };
  }
  call.figures.rows = at.rows;
}

/**
 * Inside of a transaction: what the triggers of Themis would answer, the batch does itself. Rows that a policy hides are
 * an error rather than left out.
 */
export async function quiet({ work }: StepCall): Promise<void> {
  await checkFence(work.session, work.parts.authority);
  await work.session.query(`SET LOCAL themis.quiet = 'on'; SET LOCAL row_security = off`);
}

/** The key so many rows further on; null where there are not so many. */
export async function keyAfter(
  { work }: StepCall,
  { table, key }: Pick<WalkAction, 'table' | 'key'>,
  [after, upTo]: readonly [Key | null, Key | null],
  rows: number,
): Promise<Key | null> {
  const range = between(key, after, upTo);
  const found = await work.session.query(
    `SELECT ${keyColumns(key)} FROM ${qualified(table)} WHERE ${range.sql}
      ORDER BY ${names(key)} LIMIT 1 OFFSET ${rows - 1}`,
    range.parameters,
  );
  return keyOf(key, found.rows[0]);
}

async function begin(call: StepCall, action: WalkAction): Promise<Progress> {
  const { session } = call.work;
  const table = qualified(action.table);
  await refuseRowsWithoutKey(call, action);
  const total = await estimateRows(session, table);
  const way = call.direction === 'back' ? await readWayBack(call, action) : 'all';
  return await patiently(call, () =>
    session.transaction(copyLimits(call), async () => {
      await quiet(call);
      const { cursor, upper } = way === 'all' ? { cursor: null, upper: await lastKey(call, action) } : way;
      const at: Progress = {
        cursor,
        upper,
        total,
        seen: 0,
        rows: 0,
        batchRows: clampBatch(action.firstBatchRows),
        attempts: 0,
      };
      await writeProgress(call, at);
      return at;
    }),
  );
}

async function lastKey({ work }: StepCall, { table, key }: WalkAction): Promise<Key | null> {
  const { rows } = await work.session.query(
    `SELECT ${keyColumns(key)} FROM ${qualified(table)} ORDER BY ${descending(key)} LIMIT 1`,
  );
  return keyOf(key, rows[0]);
}

async function walkBatch(call: StepCall, action: WalkAction, at: Progress): Promise<{ at: Progress; load: Load }> {
  const { session } = call.work;
  const { table, key, where, statement } = action;
  return await session.transaction(copyLimits(call), async () => {
    await quiet(call);
    const end = await keyAfter(call, action, [at.cursor, at.upper], at.batchRows);
    const range = between(key, at.cursor, end ?? at.upper);
    const mayWait = at.batchRows === 1;
    const sql = overBatch({ table: qualified(table), columns: key, where, statement, mayWait }, range);
    const { count } = await session.query(sql, range.parameters);
    const next = {
      ...at,
      cursor: end ?? at.upper,
      seen: at.seen + (end === null ? count : at.batchRows),
      rows: at.rows + count,
    };
    await writeProgress(call, next);
    return { at: next, load: await readLoad(session) };
  });
}

/** Rows are found by comparing keys, which finds none whose key is NULL: better nothing than half of them. */
async function refuseRowsWithoutKey({ work, title }: StepCall, { table, key, where }: WalkAction): Promise<void> {
  const columns = key.map(({ column }) => literal(column)).join(', ');
  const { rows } = await work.session.query(
    `SELECT attname FROM pg_attribute
      WHERE attrelid = to_regclass(${literal(qualified(table))}) AND attname IN (${columns}) AND NOT attnotnull`,
  );
  if (rows.length === 0) return;
  const missing = rows.map((row) => `${identifier(row['attname']!)} IS NULL`).join(' OR ');
  const found = await work.session.query(
    `SELECT EXISTS (SELECT FROM ${qualified(table)} WHERE (${missing}) AND (${where ?? 'true'}\n)) AS found`,
  );
  if (found.rows[0]?.['found'] !== 't') return;
  throw new ThemisError('DATABASE_CONFLICT', `${title}: rows of ${table.schema}.${table.name} have no key.`, {
    hint: 'Give the table a primary key, or a unique index over columns that are NOT NULL.',
  });
}

function isAtEnd({ cursor, upper }: Progress): boolean {
  return upper === null || (cursor !== null && upper.every((value, index) => value === cursor[index]));
}
