import { ThemisError, toFailure } from '../../../kernel/error.ts';
import { compareText } from '../../../kernel/finding.ts';
import type { ObservedDatabase } from '../../../model/schema/database.ts';
import type { DesiredDatabase } from '../../../model/desired.ts';
import type { Database } from '../../../ports/schema/database.ts';
import { readSchemaState } from './read-state.ts';

/** Opens a database, has something done in it, and closes it; null where it was never made. */
export type UseDatabase = <Result>(
  database: DesiredDatabase,
  work: (database: Database) => Promise<Result>,
) => Promise<Result | null>;

/**
 * Asks every database of the fleet what it has, without changing anything there. One that cannot be asked is part of the
 * answer.
 */
export async function observeDatabases(
  databases: readonly DesiredDatabase[],
  use: UseDatabase,
): Promise<readonly ObservedDatabase[]> {
  const observed = await Promise.all(databases.map((database) => observeOne(database, use)));
  return observed.sort((a, b) => compareText(a.name, b.name));
}

async function observeOne(desired: DesiredDatabase, use: UseDatabase): Promise<ObservedDatabase> {
  const { name, place } = desired;
  try {
    const state = await use(desired, readSchemaState);
    return state === null ? { ...untouched, name, engine: place.kind } : { ...state, name };
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
