import { readCatalog } from '../../../src/migrate/catalog/read-catalog.ts';
import type { Catalog } from '../../../src/model/schema/catalog.ts';
import type { Database } from '../../../src/ports/schema/database.ts';
import { openMemory } from '../database/memory.ts';

/** In memory. */
export async function embeddedWith(statements: readonly string[]): Promise<Database> {
  const database = await openMemory();
  await runOn(database, statements);
  return database;
}

export async function runOn(database: Database, statements: readonly string[]): Promise<void> {
  await database.use(async (session) => {
    for (const statement of statements) await session.query(statement);
  });
}

export async function catalogOf(database: Database): Promise<Catalog> {
  return database.use(readCatalog);
}
