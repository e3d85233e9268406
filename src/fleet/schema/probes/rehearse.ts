/**
 * A migration from its beginning to its end on an empty copy of the schema, and after every step each query that has to
 * work then. Before the first effect on the database itself, which is only read. The copy is PGlite whatever the engine
 * is; what it cannot have is named, and a query that needs it is not judged here but in the database, after expand.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { copySchema } from '../../../migrate/catalog/copy-schema.ts';
import { schemaPhases, type SchemaPhase } from '../../../model/schema/database.ts';
import type { Catalog } from '../../../model/schema/catalog.ts';
import type { Database, DatabaseSession } from '../../../ports/schema/database.ts';
import { lowestOf } from '../../../resolve/version-match.ts';
import type { Operation } from '../../../model/documents.ts';
import type { SchemaPlugins } from '../../../ports/schema/schema-plugins.ts';
import { admit } from '../state/admission.ts';
import { readRows } from '../ledger/runs.ts';
import { stopIfAsked, type SchemaMigration, type SchemaParts } from '../request.ts';
import { runPhase } from '../run-phase.ts';
import { probesAt, type Probe, type SchemaMoment } from './probes-at.ts';
import { ProbeRecord } from './probe-record.ts';
import { tryProbe } from './try-probe.ts';

export interface RehearsalRequest {
  /** Of the database itself. */
  readonly parts: SchemaParts;
  readonly migration: SchemaMigration;
  readonly probes: readonly Probe[];
  /** Whose queries nobody has; told. */
  readonly unknown: readonly string[];
  /** An empty database that nobody else knows; closed here. */
  readonly openScratch: () => Promise<Database>;
}

const title = 'rehearses the migration on an empty copy of the schema';

/**
 * Only where the migration has not begun: what is half done cannot be copied, and was rehearsed before it began. Throws
 * MIGRATION_REFUSED for queries that fail, and what the database throws when it is read. Returns those that have to work
 * in the database itself: all but a release's that failed there before, for which no migration is to blame.
 */
export async function rehearse(request: RehearsalRequest): Promise<readonly Probe[]> {
  const { parts, migration, probes, unknown } = request;
  if (probes.length === 0 && unknown.length === 0) return probes;
  const result = new ProbeRecord(unknown);
  const original = await parts.database.use((session) => originalOf(session, request, result));
  if (original === null) return probes;
  if (probes.length > 0) await rehearseOnCopy(request, original, result);
  parts.emit({ type: 'rehearsed', queries: probes.length, ...result.summary() });
  const failure = result.refusal(migration.name);
  if (failure !== null) throw failure;
  return probes.filter((probe) => !original.broken.has(probe));
}

async function rehearseOnCopy(request: RehearsalRequest, original: Original, result: ProbeRecord): Promise<void> {
  const { parts, openScratch } = request;
  const step = { step: 'rehearse', direction: 'forward' } as const;
  parts.emit({ type: 'step-started', ...step, title });
  await unlessOurs(parts, result, async () => {
    const scratch = await openScratch();
    try {
      await goThrough(request, original, scratch, result);
    } finally {
      await scratch.close();
    }
  });
}

interface Original {
  /** Probes of releases that fail before anything is changed. */
  readonly broken: ReadonlySet<Probe>;
  readonly catalog: Catalog;
  readonly searchPath: string;
  readonly serverVersionNumber: number;
}

async function originalOf(
  session: DatabaseSession,
  { parts, migration, probes }: RehearsalRequest,
  result: ProbeRecord,
): Promise<Original | null> {
  const rows = await readRows(session);
  if (admit(rows, migration, 'expand').kind !== 'begin') return null;
  const settings = await session.query(
    `SELECT current_setting('search_path') AS path, current_setting('server_version_num') AS version`,
  );
  const { path, version } = settings.rows[0]!;
  const { statementTimeoutMs } = parts.settings;
  const broken = new Set<Probe>();
  for (const probe of probesAt(probes, { kind: 'before' })) {
    const surroundings = { limits: { lockTimeoutMs: null, statementTimeoutMs }, searchPath: null };
    const failure = await tryProbe(session, probe.sql, surroundings);
    const state = 'in the database as it is';
    if (failure === null || probe.isOfRelease !== true) result.note(probe, state, failure);
    else {
      broken.add(probe);
      result.excuse(probe, failure, `fails ${state}, `);
    }
  }
  return {
    broken,
    catalog: await parts.catalogs.read(session),
    searchPath: path ?? '',
    serverVersionNumber: Number(version),
  };
}

/** What is wrong with the copy alone must not keep a database from its migration; it is told. */
async function unlessOurs(parts: SchemaParts, result: ProbeRecord, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    stopIfAsked(parts);
    if (!(error instanceof ThemisError) || error.code === 'BUG') throw error;
    result.endedBecause(error.message);
  }
}

async function goThrough(
  { parts, migration, probes }: RehearsalRequest,
  { catalog, searchPath, serverVersionNumber }: Original,
  scratch: Database,
  result: ProbeRecord,
): Promise<void> {
  result.leftOut = await scratch.use((session) => copySchema(session, catalog));
  const limits = { lockTimeoutMs: null, statementTimeoutMs: parts.settings.statementTimeoutMs };
  const tryAll = async (session: DatabaseSession, moment: SchemaMoment, state: string): Promise<void> => {
    result.states += 1;
    for (const probe of probesAt(probes, moment)) {
      if (result.isSettled(probe)) continue;
      const failure = await tryProbe(session, probe.sql, { limits, searchPath });
      result.note(probe, state, failure);
    }
  };
  await scratch.use(async (session) => {
    result.states += 1;
    for (const probe of probesAt(probes, { kind: 'before' })) {
      if (result.isSettled(probe)) continue;
      const failure = await tryProbe(session, probe.sql, { limits, searchPath });
      // It works in the database itself: that is all the copy's fault.
      if (failure !== null) result.excuse(probe, failure);
    }
  });
  const end = async (phase: SchemaPhase): Promise<void> =>
    await scratch.use((session) => tryAll(session, { kind: 'end', phase }, `at the end of ${phase}`));
  for (const phase of schemaPhases) {
    const { outcome, failure } = await runPhase({
      ...parts,
      database: scratch,
      // In memory nothing comes back.
      settings: { ...parts.settings, reconnectMs: 0 },
      authority: { ...parts.authority, token: 1 },
      emit: () => {},
      plugins: idle(migration.operations),
      expand: (input) => parts.expand({ ...input, engine: parts.database.engine, serverVersionNumber }),
      watch: (step, session) => tryAll(session, { kind: 'step', phase }, `after "${step.title}" (${step.id})`),
      // To the copy it is the first there ever was.
      migration: { ...migration, schemaVersion: 1, onFailure: 'pause' },
      phase,
    });
    if (outcome !== 'done') return result.endedBecause(`${phase} fails on an empty copy: ${failure?.message}`);
    await end(phase);
  }
}

/** Plug-ins reach what is no part of the copy, so there they do nothing, whatever version is asked for. */
function idle(operations: readonly Operation[]): SchemaPlugins {
  return {
    find: (name) => {
      const range = operations.find(({ custom }) => custom?.plugin === name)?.custom?.version;
      return Promise.resolve({
        name,
        version: range === undefined ? '0.0.0' : lowestOf(range),
        canHandle: () => Promise.resolve(true),
        apply: () => Promise.resolve(),
        rollback: () => Promise.resolve(),
      });
    },
  };
}
