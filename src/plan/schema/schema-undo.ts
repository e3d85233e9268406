/**
 * Migrations that the database has and the files no longer hold: a Git revert. They are taken back newest first, once
 * every node has left the release that they belong to; the rollout record remembers which that is, since the file is
 * gone. Where something of them cannot come back, or the release stays, that is an error and nothing is done.
 */
import type { DescribedOperation } from '../../actions/schema-step.ts';
import type { AppliedMigration } from '../../model/schema/database.ts';
import type { ReleaseRanges } from '../../model/desired.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import type { Notes } from '../findings/notes.ts';
import type { DatabaseWork } from './database-works.ts';
import type { Journey, Straggler } from './node-journeys.ts';
import { operationsDone } from './operation-words.ts';
import { createReach, describeRelease } from './release-reach.ts';

export interface PlacedUndo {
  readonly database: string;
  readonly applied: AppliedMigration;
  /** null: it waited for none, nothing can use it yet, or nobody knows. */
  readonly release: ReleaseRanges | null;
  /** What is taken back, newest first. */
  readonly operations: readonly DescribedOperation[];
  /** Nodes that have the release, or may have it, at the end of the plan. */
  readonly behind: readonly Straggler[];
  /** Nobody knows which release it belongs to: it is for a person to say. */
  readonly isUnclear: boolean;
}

export function placeUndos(
  databases: readonly DatabaseWork[],
  journeys: readonly Journey[],
  { schemas }: RolloutRecord,
  notes: Notes,
): readonly PlacedUndo[] {
  const undos: PlacedUndo[] = [];
  for (const { name, gone, onlyBegun } of databases) {
    for (const applied of gone) {
      const isUsed = applied.migration !== onlyBegun;
      const known = Object.hasOwn(schemas, applied.migration) ? schemas[applied.migration]! : undefined;
      const release = isUsed ? (known?.release ?? null) : null;
      const operations = operationsDone(applied.operations, applied.done);
      // What is older lies under it: that cannot be taken back either.
      if (cannotComeBack(name, applied, operations, notes) || staysInUse(name, applied, release, journeys, notes))
        break;
      const behind = release === null ? [] : holders(release, journeys);
      const isUnclear = isUsed && known === undefined;
      if (isUnclear) noteUnclear(name, applied, notes);
      undos.push({ database: name, applied, release, operations, behind, isUnclear });
    }
  }
  return undos;
}

function cannotComeBack(
  database: string,
  { migration, schemaVersion, done }: AppliedMigration,
  operations: readonly DescribedOperation[],
  notes: Notes,
): boolean {
  const final = operations.filter(({ irreversible }) => irreversible !== undefined);
  if (final.length === 0) return false;
  notes.note('schemaCannotComeBack', {
    summary: `Database ${database} is at schema version ${schemaVersion}, which the files no longer hold, and ${migration} cannot be taken back: its ${done} is done.`,
    details: final.map(({ does, irreversible }) => `${does}: ${irreversible!}`),
    fix: `Bring the file of ${migration} back, and write a migration that leads on from there.`,
  });
  return true;
}

/** Whether nodes are to keep the release: then only the file is gone. */
function staysInUse(
  database: string,
  { migration, schemaVersion }: AppliedMigration,
  release: ReleaseRanges | null,
  journeys: readonly Journey[],
  notes: Notes,
): boolean {
  if (release === null) return false;
  const reaches = createReach(release);
  const keeping = journeys.filter(({ work, start }) => {
    const target = work.change?.legs.at(-1)?.shape.after.packages ?? start;
    return !work.refused && target !== undefined && reaches(target);
  });
  for (const { work } of keeping) {
    notes.gather('schemaFileMissing', migration, work.node.name, (names) => ({
      summary: `Database ${database} is at schema version ${schemaVersion}, and the files no longer hold ${migration}, which made it; ${names} would go on with ${describeRelease(release)}, which needs it.`,
      fix: `Bring the file of ${migration} back, or take the release back with it.`,
    }));
  }
  return keeping.length > 0;
}

function holders(release: ReleaseRanges, journeys: readonly Journey[]): readonly Straggler[] {
  const reaches = createReach(release);
  return journeys.flatMap(({ work, start, after }): Straggler[] => {
    const { name } = work.node;
    const atEnd = after.at(-1)?.[1] ?? start;
    if (atEnd === undefined) return [{ node: name, why: 'could not be observed' }];
    return reaches(atEnd) ? [{ node: name, why: `still has ${describeRelease(release)}` }] : [];
  });
}

function noteUnclear(database: string, { migration, schemaVersion }: AppliedMigration, notes: Notes): void {
  notes.note('schemaReleaseUnknown', {
    summary: `Database ${database} is at schema version ${schemaVersion}, which the files no longer hold; nobody knows which release needs ${migration}, so it stays.`,
    fix: `Take it back with \`themis migrate undo --database ${database} --migration ${migration}\` once no node needs it, or bring its file back.`,
  });
}
