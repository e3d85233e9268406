/** Carries the operations of a migration out on a database, phase by phase, as if every node had the release at once. */
import { catalogDifference } from '../../../src/migrate/catalog/catalog-difference.ts';
import { readCatalog } from '../../../src/migrate/catalog/read-catalog.ts';
import { expandOperation } from '../../../src/migrate/expand.ts';
import { schemaPhases, type DatabaseEngine } from '../../../src/model/schema/database.ts';
import type { Catalog } from '../../../src/model/schema/catalog.ts';
import type { Operation } from '../../../src/model/documents.ts';
import type { SchemaStep } from '../../../src/model/schema/schema-step.ts';
import type { DatabaseSession } from '../../../src/ports/schema/database.ts';
import { runSteps, undoSteps } from './run-steps.ts';

/**
 * Returns where the undo of an operation that `tries` chooses left the catalog other than it was: those are carried out,
 * taken back and carried out again. Throws what an operation is refused for.
 */
export async function runMigration(
  session: DatabaseSession,
  operations: readonly Operation[],
  tries: (operation: Operation) => boolean,
  engine: DatabaseEngine = 'pglite',
): Promise<readonly string[]> {
  const wrong: string[] = [];
  let catalog = await readCatalog(session);
  for (const phase of schemaPhases) {
    for (const [index, operation] of operations.entries()) {
      const input = { migration: 'converted', operation, index, phase, catalog };
      const steps = expandOperation({ ...input, engine, serverVersionNumber: 180_000 });
      const what = `${phase} of operation ${index} ${JSON.stringify(operation)}`;
      if ('refused' in steps) throw new Error(`${what}: ${steps.refused.code} ${steps.refused.summary}`);
      if (steps.length === 0) continue;
      try {
        if (tries(operation)) wrong.push(...(await tried(session, steps, catalog)).map((line) => `${what}: ${line}`));
        await runSteps(session, steps, { batchRows: 7 });
      } catch (cause) {
        throw new Error(`${what}: ${(cause as Error).message}`, { cause });
      }
      catalog = await readCatalog(session);
    }
  }
  return wrong;
}

async function tried(
  session: DatabaseSession,
  steps: readonly SchemaStep[],
  before: Catalog,
): Promise<readonly string[]> {
  await runSteps(session, steps);
  await undoSteps(session, steps);
  return catalogDifference(before, await readCatalog(session));
}
