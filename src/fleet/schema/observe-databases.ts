import { ThemisError, toFailure } from '../../kernel/error.ts';
import { compareText } from '../../kernel/finding.ts';
import type { ObservedDatabase } from '../../model/schema/database.ts';
import type { DesiredDatabase } from '../../model/desired.ts';
import type { Database } from '../../ports/schema/database.ts';
import { readSchemaState } from './read-state.ts';

/**
 * Asks every database of the fleet what it has, without changing anything there. One that cannot be asked is part of the
 * answer. `open`: null where it was never made.
 */
export async function observeDatabases(
  databases: readonly DesiredDatabase[],
  open: (database: DesiredDatabase) => Promise<Database | null>,
): Promise<readonly ObservedDatabase[]> {
  const observed = await Promise.all(databases.map((database) => observeOne(database, open)));
  return observed.sort((a, b) => compareText(a.name, b.name));
}

async function observeOne(
  desired: DesiredDatabase,
  open: (database: DesiredDatabase) => Promise<Database | null>,
): Promise<ObservedDatabase> {
  const { name, place } = desired;
  try {
    const database = await open(desired);
    if (database === null) return { ...untouched, name, engine: place.kind };
    try {
      return { ...(await readSchemaState(database)), name };
    } finally {
      await database.close();
    }
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code === 'BUG') throw error;
    return { name, reachable: false, failure: toFailure(error) };
  }
}

const untouched = {
  reachable: true,
  serverVersion: 'not made yet',
  schemaVersion: 0,
  applied: [],
  open: null,
} as const;
