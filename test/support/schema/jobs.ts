/** What a process is to do with an operation before it is killed, and what has to be there first. */
import { previewUndo } from '../../../src/fleet/schema/state/in-force.ts';
import { schemaPhases, type SchemaPhase } from '../../../src/model/schema/database.ts';
import type { Operation } from '../../../src/model/documents.ts';
import { migration, rawSql, type SchemaWorld } from './schema-world.ts';

interface JobWork {
  /** In a database that has what the operation is about. */
  readonly prepare: (world: SchemaWorld, operation: Operation, setUp: () => Promise<void>) => Promise<void>;
  /** The outcome of its last run. */
  readonly work: (world: SchemaWorld, operation: Operation) => Promise<string>;
}

/** `done`, or what became of it instead. */
async function through(world: SchemaWorld, operation: Operation, phases: readonly SchemaPhase[]): Promise<string> {
  for (const phase of phases) {
    const { outcome, failure } = await world.run(migration([operation]), phase);
    if (failure !== undefined) return `${outcome} after ${phase}: ${failure.message}`;
  }
  return 'done';
}

async function prepared(world: SchemaWorld, operation: Operation, phases: readonly SchemaPhase[]): Promise<void> {
  const end = await through(world, operation, phases);
  if (end !== 'done') throw new Error(end);
}

const nothing = (): Promise<void> => Promise.resolve();

export const jobs = {
  /** All phases, to the end. */
  apply: {
    prepare: nothing,
    async work(world, operation) {
      return await through(world, operation, schemaPhases);
    },
  },
  /** Its expand, which the operation after it fails: it goes back by itself. */
  fail: {
    prepare: nothing,
    async work(world, operation) {
      const broken = migration([operation, rawSql('SELECT 1 / 0', 'SELECT 1')]);
      return (await world.run(broken, 'expand')).outcome;
    },
  },
  /** What is applied, with its contract where that can be taken back. */
  undo: {
    async prepare(world, operation, setUp) {
      await prepared(world, operation, schemaPhases);
      const parts = await previewUndo(world.database, 'first');
      if (!parts.some(({ steps }) => steps.some(({ final }) => final !== null))) return;
      await setUp();
      await prepared(world, operation, ['expand', 'migrate']);
    },
    work: async (world) => (await world.undo('first')).outcome,
  },
} as const satisfies Record<string, JobWork>;

export type Job = keyof typeof jobs;
