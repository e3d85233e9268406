/** Every script of the corpus, run as it is and converted: the two databases say the same of their schemas, and hold the same rows. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openPostgresql } from '../../src/adapters/database/postgresql.ts';
import { catalogDifference } from '../../src/migrate/catalog/catalog-difference.ts';
import { dataDigest } from '../../src/migrate/catalog/data-digest.ts';
import { readCatalog } from '../../src/migrate/catalog/read-catalog.ts';
import type { Operation } from '../../src/model/documents.ts';
import type { Database, DatabaseSession } from '../../src/ports/schema/database.ts';
import { openMemory } from '../support/database/memory.ts';
import { startPostgres, type PostgresServer } from '../support/database/postgres.ts';
import { operationsOf } from '../support/migrate/convert.ts';
import { runMigration } from '../support/migrate/run-migration.ts';
import { corpus, scriptOf, statementsOfScript } from '../support/migrate/script-corpus.ts';
import { isSoak } from '../support/runs.ts';

/** A statement takes ten times as long there. */
const onEmbedded = isSoak ? corpus : ['mixed.sql'];

let server: PostgresServer;
const opened: Database[] = [];

beforeAll(async () => {
  server = await startPostgres();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await server.close();
});

const engines = [
  {
    engine: 'postgresql',
    scripts: corpus,
    open: async (): Promise<Database> => {
      const url = await server.createDatabase();
      return openPostgresql({ url: () => Promise.resolve(url), sessions: 1 });
    },
  },
  { engine: 'pglite', scripts: onEmbedded, open: openMemory },
] as const;

describe.each(engines)('on $engine', ({ engine, scripts, open }) => {
  test.each(scripts)(
    '%s, converted, gives the catalog and the rows of the script, and undos that are certain undo',
    async (name) => {
      const [original, converted] = [await open(), await open()];
      opened.push(original, converted);
      const wanted = await original.use(async (session) => {
        for (const sql of statementsOfScript(name)) await session.query(sql);
        return await stateOf(session);
      });
      const got = await converted.use(async (session) => {
        expect(await runMigration(session, operationsOf(scriptOf(name)), hasUndo, engine)).toEqual([]);
        return await stateOf(session);
      });
      expect(catalogDifference(wanted.catalog, got.catalog)).toEqual([]);
      expect(got.data).toBe(wanted.data);
    },
  );
});

async function stateOf(session: DatabaseSession) {
  const catalog = await readCatalog(session);
  const data = await dataDigest(session, catalog);
  await session.query(dropRoles);
  return { catalog, data };
}

/** What goes with its table, or leaves nothing, is taken back by a SELECT. */
function hasUndo({ rawSql }: Operation): boolean {
  return rawSql?.down?.startsWith('SELECT') === false;
}

/** They belong to the server: the next database would have them already. */
const dropRoles = `DO $$ DECLARE role text; BEGIN
  FOR role IN SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user LOOP
    EXECUTE format('DROP OWNED BY %1$I; DROP ROLE %1$I', role);
  END LOOP;
END $$`;
