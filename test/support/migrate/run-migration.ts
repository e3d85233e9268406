/** Carries the operations of a migration out on a database, phase by phase, as if every node had the release at once. */
import { readCatalog } from '../../../src/migrate/catalog/read-catalog.ts';
import { expandOperation } from '../../../src/migrate/expand.ts';
import { schemaPhases } from '../../../src/model/database.ts';
import type { Operation } from '../../../src/model/documents.ts';
import type { SchemaStep } from '../../../src/model/schema-step.ts';
import type { DatabaseSession } from '../../../src/ports/database.ts';
import { runSteps } from './run-steps.ts';

/** The steps that were carried out, in order. Throws what an operation is refused for. */
export async function runMigration(
  session: DatabaseSession,
  operations: readonly Operation[],
  phases: readonly (typeof schemaPhases)[number][] = schemaPhases,
): Promise<readonly SchemaStep[]> {
  const done: SchemaStep[] = [];
  let catalog = await readCatalog(session);
  for (const phase of phases) {
    for (const [index, operation] of operations.entries()) {
      const input = { migration: 'converted', operation, index, phase, catalog };
      const steps = expandOperation({ ...input, engine: 'pglite', serverVersionNumber: 180_000 });
      const what = `${phase} of operation ${index} ${JSON.stringify(operation)}`;
      if ('refused' in steps) throw new Error(`${what}: ${steps.refused.code} ${steps.refused.summary}`);
      try {
        await runSteps(session, steps, { batchRows: 7 });
      } catch (cause) {
        throw new Error(`${what}: ${(cause as Error).message}`, { cause });
      }
      if (steps.length > 0) catalog = await readCatalog(session);
      done.push(...steps);
    }
  }
  return done;
}
