import type { Observed } from '../../model/observed.ts';
import type { Operation } from '../../model/documents.ts';
import type { ObservedDatabase } from '../../model/schema/database.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import type { NodeWork } from '../change/node-work.ts';
import type { Notes } from '../findings/notes.ts';
import { operationsDone } from './operation-words.ts';
import { createReach, describeRelease } from './release-reach.ts';

/**
 * Nodes that would get a release from before a migration whose contract is done: what the contract took away, they would
 * miss. That is an error, by whatever way they go back. The record knows the release, whether or not the file is there.
 */
export function refuseContracted(
  works: readonly NodeWork[],
  { databases }: Pick<Observed, 'databases'>,
  { schemas }: RolloutRecord,
  notes: Notes,
): void {
  for (const database of databases) {
    if (!database.reachable) continue;
    for (const { migration, when, operations } of contractsOf(database)) {
      const release = Object.hasOwn(schemas, migration) ? schemas[migration]!.release : null;
      if (release === null) continue;
      const reaches = createReach(release);
      for (const { node, change } of works) {
        if (change === undefined || change.legs.every(({ shape }) => reaches(shape.after.packages))) continue;
        notes.gather('schemaContracted', migration, node.name, (names) => ({
          summary: `${names} would get a release from before ${describeRelease(release)}, and the contract of ${migration} in database ${database.name}, ${when}, has taken away what that uses.`,
          fix: `Go on to a release that works with the schema as it is now${wayBack(database.name, migration, operations)}.`,
          address: `migration/${migration}`,
        }));
      }
    }
  }
}

/** Of one that is open nobody knows what it has taken away already. */
function contractsOf({ applied, open }: Extract<ObservedDatabase, { reachable: true }>) {
  const contracts = applied
    .filter(({ done }) => done === 'contract')
    .map(({ migration, finishedAt, operations }) => ({ migration, operations, when: `done at ${finishedAt}` }));
  if (open?.phase === 'contract') contracts.push({ ...open, when: `open since ${open.startedAt}` });
  return contracts;
}

/** It takes all of the migration back, so whatever runs now misses it until the nodes are back: that is for a person. */
function wayBack(database: string, migration: string, operations: readonly Operation[]): string {
  if (operationsDone(operations, 'contract').some(({ irreversible }) => irreversible !== undefined)) return '';
  return `. If what runs now may fail until the nodes are back, take it back first: \`themis migrate undo --database ${database} --migration ${migration}\``;
}
