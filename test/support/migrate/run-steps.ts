/** Carries steps out against a database as their model says, without records: what a runner does beside it is not here. */
import type {
  CompareAction,
  NamedIn,
  SchemaAction,
  SchemaStep,
  WalkAction,
} from '../../../src/model/schema/schema-step.ts';
import { identifier, list, literal, qualified } from '../../../src/migrate/sql/quote.ts';
import type { StepDraft } from '../../../src/migrate/operation.ts';
import type { DatabaseSession } from '../../../src/ports/schema/database.ts';

type Step = Pick<SchemaStep | StepDraft, 'action' | 'undo'>;

export interface StepLimits {
  /** Rows of a batch or chunk, whatever the step says: several of them, on small tables. */
  readonly batchRows?: number;
  /** Between two transactions of a walk. */
  readonly between?: () => Promise<void>;
}

const limits = { lockTimeoutMs: null, statementTimeoutMs: null };

export async function runSteps(session: DatabaseSession, steps: readonly Step[], how: StepLimits = {}): Promise<void> {
  for (const { action } of steps) await runAction(session, action, how);
}

/** Newest first. Throws where a step cannot be taken back. */
export async function undoSteps(session: DatabaseSession, steps: readonly Step[], how: StepLimits = {}): Promise<void> {
  for (const { undo } of steps.toReversed()) {
    if (undo.kind === 'irreversible') throw new Error(`irreversible: ${undo.why}`);
    if (undo.kind !== 'none') await runAction(session, undo, how);
  }
}

export async function runAction(session: DatabaseSession, action: SchemaAction, how: StepLimits = {}): Promise<void> {
  switch (action.kind) {
    case 'statements':
    case 'scan':
      return await session.transaction(limits, async () => await inOrder(session, action.statements));
    case 'bare':
      return await inOrder(session, action.statements);
    case 'build-index':
      return await buildIndex(session, action.index, action.definition);
    case 'drop-index':
      return await dropIndex(session, action.index, action.concurrently);
    case 'walk':
      return await walk(session, action, how);
    case 'compare':
      return await compare(session, action, how);
    case 'plugin':
      throw new Error(`no plug-in ${action.plugin}`);
  }
}

async function inOrder(session: DatabaseSession, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await session.query(statement);
}

async function buildIndex(session: DatabaseSession, index: NamedIn, definition: string): Promise<void> {
  const place = literal(qualified(index));
  const found = await session.query(`SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(${place})`);
  const [there] = found.rows;
  if (there?.['indisvalid'] === 't') return;
  if (there !== undefined) await dropIndex(session, index, true);
  await session.query(definition);
}

async function dropIndex(session: DatabaseSession, index: NamedIn, concurrently: boolean): Promise<void> {
  await session.query(`DROP INDEX ${concurrently ? 'CONCURRENTLY ' : ''}IF EXISTS ${qualified(index)}`);
}

async function walk(session: DatabaseSession, action: WalkAction, how: StepLimits): Promise<void> {
  const { table, key, where, statement } = action;
  const columns = columnsOf(key);
  const rows = how.batchRows ?? action.firstBatchRows;
  const upper = await edge(session, key, `FROM ${qualified(table)} ORDER BY ${descending(key)}`, []);
  let cursor: readonly string[] | null = null;
  while (upper !== null) {
    const start: readonly string[] | null = cursor;
    const done: boolean = await session.transaction(limits, async () => {
      await session.query(`SET LOCAL themis.quiet = 'on'`);
      const range = between(key, start, upper);
      const chosen = where === null ? range.sql : `${range.sql} AND (${where}\n)`;
      const order = `ORDER BY ${columns}`;
      const from = `FROM ${qualified(table)} WHERE ${chosen} ${order}`;
      const end = await edge(session, key, `${from} OFFSET ${rows - 1}`, range.values);
      const batch = between(key, start, end ?? upper);
      const rest = where === null ? batch.sql : `${batch.sql} AND (${where}\n)`;
      const select = `SELECT ${columns} FROM ${qualified(table)} WHERE ${rest} ${order} FOR KEY SHARE`;
      await session.query(`WITH themis_batch AS MATERIALIZED (${select}) ${statement}`, batch.values);
      cursor = end;
      return end === null;
    });
    if (done) return;
    await how.between?.();
  }
}

async function compare(session: DatabaseSession, action: CompareAction, how: StepLimits): Promise<void> {
  const { table, key, left, right, repair, attempts } = action;
  const columns = columnsOf(key);
  const rows = how.batchRows ?? action.chunkRows;
  let cursor: readonly string[] | null = null;
  for (;;) {
    const open = between(key, cursor, null);
    const upper = await edge(
      session,
      key,
      `FROM ${qualified(table)} WHERE ${open.sql} ORDER BY ${columns} OFFSET ${rows - 1}`,
      open.values,
    );
    const chunk = between(key, cursor, upper);
    const hash = (side: CompareAction['left']): string =>
      `(SELECT md5(string_agg(${side.row}, E'\\n' ORDER BY ${columns})) FROM ${side.relation} WHERE ${chunk.sql})`;
    for (let attempt = 0; ; attempt += 1) {
      const found = await session.query(
        `SELECT ${hash(left)} IS NOT DISTINCT FROM ${hash(right)} AS equal`,
        chunk.values,
      );
      if (found.rows[0]?.['equal'] === 't') break;
      if (attempt === attempts) throw new Error(`COPY_MISMATCH ${qualified(table)}`);
      const select = `SELECT ${columns} FROM ${qualified(table)} WHERE ${chunk.sql} FOR KEY SHARE`;
      await session.transaction(limits, async () => {
        await session.query(`SET LOCAL themis.quiet = 'on'`);
        await session.query(`WITH themis_batch AS MATERIALIZED (${select}) ${repair}`, chunk.values);
      });
    }
    if (upper === null) return;
    cursor = upper;
    await how.between?.();
  }
}

type Key = WalkAction['key'];

/** Behind one key, up to another; null: without that end. */
function between(key: Key, after: readonly string[] | null, until: readonly string[] | null) {
  const row = `(${columnsOf(key)})`;
  const values = [...(after ?? []), ...(until ?? [])];
  const cast = (from: number): string => `(${key.map(({ type }, index) => `$${from + index}::${type}`).join(', ')})`;
  const parts = [
    ...(after === null ? [] : [`${row} > ${cast(1)}`]),
    ...(until === null ? [] : [`${row} <= ${cast(1 + (after?.length ?? 0))}`]),
  ];
  return { sql: parts.length === 0 ? 'true' : parts.join(' AND '), values };
}

/** The key of one row; null where there is none. */
async function edge(
  session: DatabaseSession,
  key: Key,
  from: string,
  values: readonly string[],
): Promise<readonly string[] | null> {
  const { rows } = await session.query(`SELECT ${columnsOf(key)} ${from} LIMIT 1`, values);
  const [row] = rows;
  return row === undefined ? null : key.map(({ column }) => row[column]!);
}

function columnsOf(key: Key): string {
  return list(key.map(({ column }) => column));
}

function descending(key: Key): string {
  return key.map(({ column }) => `${identifier(column)} DESC`).join(', ');
}
