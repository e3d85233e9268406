/**
 * Indexes are built and dropped outside of a transaction, so what a crash leaves is looked at, never guessed: a build
 * that was cut off or failed leaves one that is invalid, which `IF NOT EXISTS` would take for the real one.
 *
 * A build or a drop beside writers has the table to itself, and waits for whoever has a snapshot from before. Whoever
 * waits for the table in a statement has one, and then the server ends the other as the one who closes the ring. So the
 * end of somebody else's is awaited by looking, before ours begins.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { qualified } from '../../../migrate/sql/quote.ts';
import type { NamedIn, SchemaAction } from '../../../model/schema/schema-step.ts';
import type { DatabaseSession } from '../../../ports/schema/database.ts';
import { stopIfAsked } from '../request.ts';
import type { StepCall } from './call.ts';
import { outsideTransaction } from './bare.ts';
import { patiently } from './patiently.ts';

const lookEveryMs = 500;

type Build = Extract<SchemaAction, { kind: 'build-index' }>;
type Drop = Extract<SchemaAction, { kind: 'drop-index' }>;

/** Before the step begins: a valid index of that name is somebody's, and to build ours would fail and drop it. */
export async function refuseExisting({ work, title }: StepCall, { index }: Build): Promise<void> {
  if ((await stateOf(work.session, index)) !== 'valid') return;
  throw new ThemisError('DATABASE_CONFLICT', `${title}: there is an index ${index.schema}.${index.name} already.`, {
    hint: 'Give the new one another name, or drop the other.',
  });
}

export async function buildIndex(call: StepCall, { index, definition }: Build): Promise<void> {
  const { session } = call.work;
  const concurrently = isConcurrent(definition);
  if (concurrently) await untilOthersEnd(call, index, tableIn(definition));
  await patiently(call, async () => {
    const state = await stateOf(session, index);
    if (state === 'valid') return;
    if (state === 'invalid') await drop(call, { kind: 'drop-index', index, concurrently });
    await outsideTransaction(call, limitsOf(call, concurrently), () => session.query(definition));
  });
}

export async function dropIndex(call: StepCall, action: Drop): Promise<void> {
  if (action.concurrently) await untilOthersEnd(call, action.index, null);
  await patiently(call, async () => {
    if ((await stateOf(call.work.session, action.index)) !== 'absent') await drop(call, action);
  });
}

async function drop(call: StepCall, { index, concurrently }: Drop): Promise<void> {
  const sql = `DROP INDEX ${concurrently ? 'CONCURRENTLY ' : ''}${qualified(index)}`;
  await outsideTransaction(call, limitsOf(call, concurrently), () => call.work.session.query(sql));
}

/** One that is built beside writers waits for their transactions, and keeps out nobody meanwhile: as long as it takes. */
function limitsOf({ work }: StepCall, concurrently: boolean) {
  return { lockTimeoutMs: concurrently ? null : work.parts.settings.lockTimeoutMs, statementTimeoutMs: null };
}

function isConcurrent(definition: string): boolean {
  return /^\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\b/iu.test(definition);
}

/** `table`: SQL of the one that the index will be of; null: it is of one already, or that is not known. */
async function untilOthersEnd({ work, title, figures }: StepCall, own: NamedIn, table: string | null): Promise<void> {
  const { session, parts } = work;
  const { clock, emit, signal } = parts;
  const sql = `SELECT FROM pg_locks JOIN pg_index AS other ON other.indrelid = relation AND NOT other.indisvalid
    WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND mode = 'ShareUpdateExclusiveLock' AND granted AND pid <> pg_backend_pid()
      AND other.indexrelid IS DISTINCT FROM to_regclass($1)
      AND relation = coalesce((SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass($1)), to_regclass($2))`;
  const fromMs = clock.steadyMs();
  for (let tries = 1; (await session.query(sql, [qualified(own), table])).count > 0; tries += 1) {
    if (tries === 1) emit({ type: 'waiting', on: 'lock', detail: `${title}: somebody else builds or drops an index` });
    await clock.sleep(lookEveryMs, signal);
    stopIfAsked(parts);
  }
  figures.lockWaitMs += clock.steadyMs() - fromMs;
}

/** SQL; null where a definition is not written as operations write it. */
function tableIn(definition: string): string | null {
  const name = String.raw`(?:"(?:[^"]|"")+"|[^\s".(]+)`;
  const start = String.raw`^\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+${name}\s+ON\s+(?:ONLY\s+)?`;
  return new RegExp(String.raw`${start}(${name}(?:\.${name})?)`, 'iu').exec(definition)?.[1] ?? null;
}

async function stateOf(session: DatabaseSession, { schema, name }: NamedIn): Promise<'absent' | 'invalid' | 'valid'> {
  const { rows } = await session.query(
    `SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
      JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 AND relname = $2`,
    [schema, name],
  );
  if (rows[0] === undefined) return 'absent';
  return rows[0]['indisvalid'] === 't' ? 'valid' : 'invalid';
}
