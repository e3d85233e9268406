/** What a process is to do with an operation before it is killed, and what has to be there first. */
import { previewUndo } from '../../../src/fleet/schema/in-force.ts';
import { schemaPhases } from '../../../src/model/schema/database.ts';
import type { Operation } from '../../../src/model/documents.ts';
import { migration, rawSql, type SchemaWorld } from './schema-world.ts';

interface JobWork {
  /** In a database that has what the operation is about. */
  readonly prepare: (world: SchemaWorld, operation: Operation, setUp: () => Promise<void>) => Promise<void>;
  /** The outcome of its last run. */
  readonly work: (world: SchemaWorld, operation: Operation) => Promise<string>;
}

const nothing = (): Promise<void> => Promise.resolve();

export const jobs = {
  /** All phases, to the end. */
  apply: {
    prepare: nothing,
    async work(world, operation) {
      for (const phase of schemaPhases) {
        const { outcome, failure } = await world.run(migration([operation]), phase);
        if (failure !== undefined) return `${outcome} after ${phase}: ${failure.message}`;
      }
      return 'done';
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
      const made = migration([operation]);
      for (const phase of schemaPhases) await world.run(made, phase);
      const parts = await previewUndo(world.database, made.name);
      if (!parts.some(({ steps }) => steps.some(({ final }) => final !== null))) return;
      await setUp();
      for (const phase of ['expand', 'migrate'] as const) await world.run(made, phase);
    },
    work: async (world) => (await world.undo('first')).outcome,
  },
} as const satisfies Record<string, JobWork>;

export type Job = keyof typeof jobs;
