/** Databases by engine. One is one file and one line here; all face the same contract suite. */
import { resolve } from 'node:path';
import type { DatabaseEngine } from '../../model/schema/database.ts';
import type { SecretRef } from '../../model/desired.ts';
import type { Database } from '../../ports/schema/database.ts';
import { openPglite } from './pglite.ts';
import { openPostgresql } from './postgresql.ts';

/** Where a Database document says that its database is. */
export type DatabasePlace =
  | { readonly engine: 'postgresql'; readonly urlFrom: SecretRef; readonly connections: number }
  | { readonly engine: 'pglite'; readonly directory: string };

export const databaseEngines = ['postgresql', 'pglite'] as const satisfies readonly DatabaseEngine[];

export interface DatabaseSurroundings {
  /** Where a relative directory starts. */
  readonly fleetDirectory: string;
  /** Read when a connection is made; stands in no message. */
  readonly secret: (from: SecretRef) => Promise<string>;
  /** A module that calls `servePglite`. */
  readonly pgliteEntry: URL;
}

/** Reaches no server yet; a directory is locked at once. ALREADY_IN_PROGRESS, IO. */
export async function openDatabase(place: DatabasePlace, around: DatabaseSurroundings): Promise<Database> {
  switch (place.engine) {
    case 'postgresql': {
      const { urlFrom, connections } = place;
      return openPostgresql({ url: async () => await around.secret(urlFrom), sessions: connections });
    }
    case 'pglite':
      return await openPglite({
        directory: resolve(around.fleetDirectory, place.directory),
        entry: around.pgliteEntry,
      });
  }
}
