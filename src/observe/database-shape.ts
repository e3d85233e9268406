/** What an observed database must look like: in a snapshot file, which may have been edited by hand. */
import {
  anyObject,
  digest,
  instant,
  listOf,
  nullOr,
  objectOf,
  oneOf,
  type Shape,
  text,
  variantsOf,
  wholeNumber,
} from '../kernel/document/shape.ts';
import type { AppliedMigration, ObservedDatabase, OpenSchemaRun } from '../model/schema/database.ts';
import { failure } from './observed-shape.ts';

type Of<Reachable extends boolean> = Extract<ObservedDatabase, { reachable: Reachable }>;

const recorded = {
  migration: text,
  schemaVersion: wholeNumber,
  digest,
  // They passed the schema of Migration when they were applied.
  operations: listOf(anyObject) as Shape<AppliedMigration['operations']>,
};

const reachable = objectOf<Of<true>>({
  name: text,
  reachable: oneOf(true),
  engine: oneOf('postgresql', 'pglite'),
  serverVersion: text,
  schemaVersion: wholeNumber,
  applied: listOf(
    objectOf<AppliedMigration>({
      ...recorded,
      done: oneOf('expand', 'migrate', 'contract'),
      finishedAt: instant,
    }),
  ),
  open: nullOr(
    objectOf<OpenSchemaRun>({
      ...recorded,
      phase: oneOf('expand', 'migrate', 'contract', 'undo'),
      startedAt: instant,
    }),
  ),
});

const unreachable = objectOf<Of<false>>({ name: text, reachable: oneOf(false), failure });

export const observedDatabase = variantsOf<ObservedDatabase>('reachable', { true: reachable, false: unreachable });
