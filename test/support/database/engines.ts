/** The engines as the contract wants them: one database for many tests, and ones of their own for tests that break them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../src/adapters/database/index.ts';
import { programFile } from '../../../src/apps/package-files.ts';
import type { DatabaseEngine } from '../../../src/model/schema/database.ts';
import type { Database } from '../../../src/ports/schema/database.ts';
import { unpackPglite } from './empty-pglite.ts';
import { openMemory } from './memory.ts';
import { postgresVersions, startPostgres } from './postgres.ts';

export interface EngineWorld {
  /** Empty, and of its own; what it holds outlives its sessions. */
  open(): Promise<Database>;
  /** May be in memory. */
  readonly openShared: () => Promise<Database>;
  close(): Promise<void>;
}

/** Every engine, in every version that can be started. */
export const engineVersions: readonly {
  readonly name: string;
  readonly engine: DatabaseEngine;
  readonly version?: number;
}[] = [
  ...postgresVersions.map((version) => ({ name: `postgresql ${version}`, engine: 'postgresql' as const, version })),
  { name: 'pglite', engine: 'pglite' },
];

export const engineWorlds: Readonly<Record<DatabaseEngine, (version?: number) => Promise<EngineWorld>>> = {
  async postgresql(version) {
    const server = await startPostgres(['deadlock_timeout=50ms'], version);
    const opened: Database[] = [];
    const open = async (): Promise<Database> => {
      const url = await server.createDatabase();
      const place = { engine: 'postgresql', urlFrom: { env: 'URL' }, connections: 2 } as const;
      const around = {
        fleetDirectory: '/',
        secret: () => Promise.resolve(url),
        pgliteEntry: programFile('worker/pglite'),
      };
      const database = await openDatabase(place, around);
      opened.push(database);
      return database;
    };
    return {
      open,
      openShared: open,
      async close() {
        await Promise.all(opened.map((database) => database.close()));
        await server.close();
      },
    };
  },
  async pglite() {
    const fleetDirectory = mkdtempSync(join(tmpdir(), 'themis-pglite-'));
    const opened: Database[] = [];
    const keep = (database: Database): Database => {
      opened.push(database);
      return database;
    };
    const around = {
      fleetDirectory,
      secret: () => Promise.reject(new Error('it has no secret')),
      pgliteEntry: programFile('worker/pglite'),
    };
    return {
      async open() {
        const directory = `db${opened.length}`;
        unpackPglite(join(fleetDirectory, directory));
        return keep(await openDatabase({ engine: 'pglite', directory }, around));
      },
      openShared: async () => keep(await openMemory()),
      async close() {
        await Promise.all(opened.map((database) => database.close()));
        rmSync(fleetDirectory, { recursive: true, force: true });
      },
    };
  },
};
