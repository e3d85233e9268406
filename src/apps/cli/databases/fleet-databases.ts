/** The databases of a fleet as its commands reach them. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openDatabase } from '../../../adapters/database/index.ts';
import { openPglite } from '../../../adapters/database/pglite.ts';
import { openSqlParser } from '../../../adapters/sql-parser/libpg-query.ts';
import { readSecret } from '../../../adapters/secret-token.ts';
import { observeDatabases, type UseDatabase } from '../../../fleet/schema/state/observe-databases.ts';
import { readHistory, readSchemaState } from '../../../fleet/schema/state/read-state.ts';
import { readCatalog } from '../../../migrate/catalog/read-catalog.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { FleetSchemas } from '../../../fleet/schema/schema-task.ts';
import { manifestsOf } from '../../../plan/schema/release-probes.ts';
import type { ObservedDatabase } from '../../../model/schema/database.ts';
import type { Desired, DesiredDatabase } from '../../../model/desired.ts';
import type { Database } from '../../../ports/schema/database.ts';
import { programFile } from '../../package-files.ts';
import type { Session } from '../command.ts';
import { loadCatalogue } from '../reading/catalogue.ts';
import type { SourceSession } from '../reading/fleet-source.ts';
import type { ReadCatalog } from './lint-migrations.ts';
import type { SeenDatabase } from './schema-status.ts';
import { createPlugins } from './schema-plugins.ts';

type Surroundings = Pick<Session, 'environment'>;

/** Reaches no server yet; the directory of an embedded one is made where it is not there, and locked. */
async function openFleetDatabase(
  { environment }: Surroundings,
  fleetDirectory: string,
  { name, place, connections }: DesiredDatabase,
): Promise<Database> {
  const around = { directory: fleetDirectory, environment };
  return await openDatabase(
    place.kind === 'pglite'
      ? { engine: 'pglite', directory: place.directory }
      : { engine: 'postgresql', urlFrom: place.urlFrom, connections },
    {
      fleetDirectory,
      pgliteEntry: programFile('worker/pglite'),
      secret: (from) => readSecret(from, `the address of database ${name}`, around),
    },
  );
}

/** Opens it, and closes it whatever becomes of the work. Throws what `openDatabase` throws. */
export async function withFleetDatabase<Result>(
  session: Surroundings,
  fleetDirectory: string,
  desired: DesiredDatabase,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openFleetDatabase(session, fleetDirectory, desired);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Makes nothing: an embedded database is made by the first migration. */
function useOf(session: Surroundings, directory: string): UseDatabase {
  return async (desired, work) =>
    isNotMade(directory, desired) ? null : await withFleetDatabase(session, directory, desired, work);
}

export async function observeFleetDatabases(
  session: Surroundings,
  directory: string,
  { databases }: Desired,
): Promise<readonly ObservedDatabase[]> {
  return await observeDatabases(databases, useOf(session, directory));
}

/** The same for one, with what was done in it. */
export async function readFleetHistory(
  session: Surroundings,
  directory: string,
  desired: DesiredDatabase,
): Promise<SeenDatabase> {
  let history: SeenDatabase['history'] = [];
  const use = useOf(session, directory);
  const [observed] = await observeDatabases([desired], (one, work) =>
    use(one, async (database) => {
      history = await readHistory(database);
      return await work(database);
    }),
  );
  return { observed: observed!, history };
}

/** Null where the database was not made yet, or cannot be asked: then `unasked` is told why. */
export function readFleetCatalog(
  session: Surroundings,
  directory: string,
  unasked: (database: string, why: string) => void,
): ReadCatalog {
  const use = useOf(session, directory);
  return async (desired) => {
    try {
      return await use(desired, async (database) => {
        const state = await readSchemaState(database);
        return { catalog: await database.use(readCatalog), applied: state.reachable ? state.applied : [] };
      });
    } catch (error) {
      if (!(error instanceof ThemisError) || error.code === 'BUG') throw error;
      unasked(desired.name, error.message);
      return null;
    }
  };
}

function isNotMade(directory: string, { place }: DesiredDatabase): boolean {
  return place.kind === 'pglite' && !existsSync(resolve(directory, place.directory));
}

/** For an execution. */
export function fleetSchemas(session: Surroundings & SourceSession, directory: string, desired: Desired): FleetSchemas {
  return {
    // Read when a migration asks: most executions have none.
    manifests: async () => manifestsOf(await loadCatalogue(desired, directory, session)),
    openParser: openSqlParser,
    databases: desired.databases,
    migrations: desired.migrations,
    open: (database) => openFleetDatabase(session, directory, database),
    openScratch: () => openPglite({ directory: null, entry: programFile('worker/pglite') }),
    plugins: createPlugins(session, directory),
    random: Math.random,
  };
}
