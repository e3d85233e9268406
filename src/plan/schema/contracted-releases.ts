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
  for (const { migration, when, fix } of contractsIn(databases, schemas)) {
    const release = Object.hasOwn(schemas, migration) ? schemas[migration]!.release : null;
    if (release === null) continue;
    const reaches = createReach(release);
    for (const { node, change } of works) {
      if (change === undefined || change.legs.every(({ shape }) => reaches(shape.after.packages))) continue;
      notes.gather('schemaContracted', migration, node.name, (names) => ({
        summary: `${names} would get a release from before ${describeRelease(release)}, and the contract of ${migration}${when}, has taken away what that uses.`,
        fix,
        address: `migration/${migration}`,
      }));
    }
  }
}

interface Contract {
  readonly migration: string;
  /** ` in database orders, done at ...`. */
  readonly when: string;
  readonly fix: string;
}

/** Of one that is open nobody knows what it has taken away already; of a database that is silent, what was noted counts. */
function contractsIn(databases: readonly ObservedDatabase[], schemas: RolloutRecord['schemas']): readonly Contract[] {
  const answered = databases.filter((database) => database.reachable);
  const contracts = answered.flatMap(({ name, applied, open }) => {
    const done = applied
      .filter((one) => one.done === 'contract')
      .map((one) => ({ ...one, at: `done at ${one.finishedAt}` }));
    const begun = open?.phase === 'contract' ? [{ ...open, at: `open since ${open.startedAt}` }] : [];
    return [...done, ...begun].map(({ migration, operations, at }): Contract => ({
      migration,
      when: ` in database ${name}, ${at}`,
      fix: `${goOn}${wayBack(name, migration, operations)}.`,
    }));
  });
  if (answered.length === databases.length) return contracts;
  const known = new Set(answered.flatMap(({ applied }) => applied.map(({ migration }) => migration)));
  const noted = Object.entries(schemas).flatMap(([migration, { contractedAt }]): Contract[] => {
    if (contractedAt === undefined || known.has(migration)) return [];
    return [{ migration, when: `, done at ${contractedAt} in a database that does not answer now`, fix: `${goOn}.` }];
  });
  return [...contracts, ...noted];
}

const goOn = 'Go on to a release that works with the schema as it is now';

/** It takes all of the migration back, so whatever runs now misses it until the nodes are back: that is for a person. */
function wayBack(database: string, migration: string, operations: readonly Operation[]): string {
  if (operationsDone(operations, 'contract').some(({ irreversible }) => irreversible !== undefined)) return '';
  return `. If what runs now may fail until the nodes are back, take it back first: \`themis migrate undo --database ${database} --migration ${migration}\``;
}
