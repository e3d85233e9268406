/** What a database says of its migrations. Only reads: one that Themis never touched is as it was afterwards. */
import { ThemisError, toFailure } from '../../../kernel/error.ts';
import type { ObservedDatabase, OpenSchemaRun, SchemaHistoryRow } from '../../../model/schema/database.ts';
import type { Database } from '../../../ports/schema/database.ts';
import { appliedIn, unfinishedOf } from './admission.ts';
import { readHistoryRows, readRows, type RunRow } from '../ledger/runs.ts';

type WithoutName<State> = State extends unknown ? Omit<State, 'name'> : never;
export type SchemaState = WithoutName<ObservedDatabase>;

/** A stuck run is open: somebody has to end it. What cannot be asked is not reachable; throws for nothing but bugs. */
export async function readSchemaState(database: Database): Promise<SchemaState> {
  try {
    return await database.use(async (session) => {
      const version = await session.query('SHOW server_version');
      const rows = await readRows(session);
      const applied = appliedIn(rows);
      const open = unfinishedOf(rows);
      return {
        reachable: true,
        engine: database.engine,
        serverVersion: version.rows[0]!['server_version']!.split(' ')[0]!,
        schemaVersion: applied.at(-1)?.schemaVersion ?? 0,
        applied,
        open: open === undefined ? null : openRun(open),
      };
    });
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code === 'BUG') throw error;
    return { reachable: false, failure: toFailure(error) };
  }
}

function openRun({ migration, schemaVersion, digest, operations, phase, startedAt }: RunRow): OpenSchemaRun {
  return { migration, schemaVersion, digest, operations, phase, startedAt };
}

/** Oldest first; empty where Themis never was. Throws what the database throws. */
export async function readHistory(database: Database): Promise<readonly SchemaHistoryRow[]> {
  return await database.use(async (session) => {
    return await readHistoryRows(session);
  });
}
