/**
 * Compares two relations chunk by chunk. Both sides of a chunk are hashed in one statement: triggers write in the
 * writer's own transaction, so the sides agree in every snapshot, and a difference is a row that the copy missed.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { qualified } from '../../../migrate/sql/quote.ts';
import type { CompareAction } from '../../../model/schema/schema-step.ts';
import { stopIfAsked } from '../request.ts';
import { fewerRows } from './batch-size.ts';
import { copyLimits, type StepCall } from './call.ts';
import { between, names, overBatch, type Condition, type Key } from './key-range.ts';
import { patiently } from './patiently.ts';
import { ProgressTeller, estimateRows, readProgress, writeProgress, type Progress } from './progress.ts';
import { giveWay, readLoad, type Load } from './throttle.ts';
import { keyAfter, quiet } from './walk.ts';

/** From a chunk that was made small to the next one. */
const growth = 10;

interface Chunk {
  readonly at: Progress;
  /** The chunk had no upper end, and its sides are equal. */
  readonly isLast: boolean;
  readonly load: Load;
}

export async function compare(call: StepCall, action: CompareAction): Promise<void> {
  let at = (await readProgress(call)) ?? (await begin(call, action));
  const teller = new ProgressTeller(call, at);
  let rows = action.chunkRows;
  for (;;) {
    stopIfAsked(call.work.parts);
    const before = at;
    const chunk = await patiently(
      call,
      () => compareChunk(call, action, before, rows),
      // Somebody holds a row that may have to be repaired: see `walk`.
      () => (rows = fewerRows(rows)),
    );
    at = chunk.at;
    teller.tell(at);
    if (chunk.isLast) break;
    // What was repaired is compared once more as it was.
    if (at.attempts === 0) rows = Math.min(action.chunkRows, rows * growth);
    await giveWay(call, chunk.load);
  }
  call.figures.rows = at.rows;
}

async function begin({ work }: StepCall, { table, chunkRows }: CompareAction): Promise<Progress> {
  const total = await estimateRows(work.session, qualified(table));
  return { cursor: null, upper: null, total, seen: 0, rows: 0, batchRows: chunkRows, attempts: 0 };
}

async function compareChunk(call: StepCall, action: CompareAction, at: Progress, chunkRows: number): Promise<Chunk> {
  const { session } = call.work;
  const { table, key, repair } = action;
  return await session.transaction(copyLimits(call), async () => {
    await quiet(call);
    const end = await keyAfter(call, action, [at.cursor, null], chunkRows);
    const range = between(key, at.cursor, end);
    const rows = await equalRows(call, action, range);
    let next: Progress = {
      ...at,
      cursor: end ?? at.cursor,
      seen: at.seen + (rows ?? 0),
      rows: at.rows + (rows ?? 0),
      attempts: 0,
    };
    if (rows === null) {
      if (at.attempts >= action.attempts) throw mismatch(call, at.cursor, end, at.attempts);
      const mayWait = chunkRows === 1;
      const batch = { table: qualified(table), columns: key, where: null, statement: repair, mayWait };
      const sql = overBatch(batch, range);
      await session.query(sql, range.parameters);
      next = { ...at, attempts: at.attempts + 1 };
    }
    await writeProgress(call, next);
    return { at: next, isLast: rows !== null && end === null, load: await readLoad(session) };
  });
}

/** How many rows are equal on both sides; null where anything differs. */
async function equalRows(
  { work }: StepCall,
  { key, left, right }: CompareAction,
  range: Condition,
): Promise<number | null> {
  const hashed = ({ relation, row }: CompareAction['left']): string => `(
    SELECT count(*) AS rows, md5(string_agg(coalesce(md5(${row}), 'null'), ',' ORDER BY ${names(key)})) AS hash
    FROM ${relation} WHERE ${range.sql})`;
  const { rows } = await work.session.query(
    `SELECT one.rows, one.rows = other.rows AND one.hash IS NOT DISTINCT FROM other.hash AS equal
      FROM ${hashed(left)} AS one, ${hashed(right)} AS other`,
    range.parameters,
  );
  return rows[0]?.['equal'] === 't' ? Number(rows[0]['rows']) : null;
}

function mismatch({ title }: StepCall, after: Key | null, upTo: Key | null, repairs: number): ThemisError {
  const from = after === null ? 'the first row' : `what follows (${after.join(', ')})`;
  const to = upTo === null ? 'the last' : `(${upTo.join(', ')})`;
  return new ThemisError(
    'COPY_MISMATCH',
    `${title}: from ${from} to ${to} the two sides differ after ${repairs} repairs.`,
    {
      hint: 'Something writes to one side only: look for triggers that are disabled, and for replication into the table.',
    },
  );
}
