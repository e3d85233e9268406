/**
 * Indexes are built and dropped outside of a transaction, so what a crash leaves is looked at, never guessed: a build
 * that was cut off or failed leaves one that is invalid, which `IF NOT EXISTS` would take for the real one.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { qualified } from '../../../migrate/sql/quote.ts';
import type { NamedIn, SchemaAction } from '../../../model/schema/schema-step.ts';
import type { DatabaseSession } from '../../../ports/schema/database.ts';
import type { StepCall } from './call.ts';
import { outsideTransaction } from './bare.ts';
import { patiently } from './patiently.ts';

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
  await patiently(call, async () => {
    const state = await stateOf(session, index);
    if (state === 'valid') return;
    if (state === 'invalid') await drop(call, { kind: 'drop-index', index, concurrently });
    await outsideTransaction(call, limitsOf(call, concurrently), () => session.query(definition));
  });
}

export async function dropIndex(call: StepCall, action: Drop): Promise<void> {
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

async function stateOf(session: DatabaseSession, { schema, name }: NamedIn): Promise<'absent' | 'invalid' | 'valid'> {
  const { rows } = await session.query(
    `SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
      JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 AND relname = $2`,
    [schema, name],
  );
  if (rows[0] === undefined) return 'absent';
  return rows[0]['indisvalid'] === 't' ? 'valid' : 'invalid';
}
