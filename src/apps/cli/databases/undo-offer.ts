/** What a rollback leaves in databases: migrations that no node needs any more, and how they are taken back. Pure. */
import type { Desired } from '../../../model/desired.ts';
import type { Observed } from '../../../model/observed.ts';
import type { RolloutRecord } from '../../../model/rollout-record.ts';
import type { AppliedMigration } from '../../../model/schema/database.ts';
import { operationsDone } from '../../../plan/schema/operation-words.ts';
import { createReach } from '../../../plan/schema/release-reach.ts';

/** A sentence for each database. Nothing is offered while a node may still need it, or where it cannot come back. */
export function undoOffers(
  { migrations }: Pick<Desired, 'migrations'>,
  { nodes, databases }: Observed,
  { schemas }: Pick<RolloutRecord, 'schemas'>,
): readonly string[] {
  const isUnused = ({ migration, operations, done }: AppliedMigration): boolean => {
    const known = Object.hasOwn(schemas, migration) ? schemas[migration]!.release : null;
    const release = migrations.find(({ name }) => name === migration)?.release ?? known;
    if (release === null || operationsDone(operations, done).some(({ irreversible }) => irreversible !== undefined)) {
      return false;
    }
    const reaches = createReach(release);
    return nodes.every((node) => node.reachable && !reaches(node.packages));
  };
  return databases.flatMap((database) => {
    if (!database.reachable) return [];
    const { name, applied } = database;
    const oldest = applied[applied.findLastIndex((one) => !isUnused(one)) + 1]?.migration;
    if (oldest === undefined) return [];
    return [
      `Database ${name} keeps ${oldest}, which no node needs now. Take it back with: themis migrate undo --database ${name} --migration ${oldest}`,
    ];
  });
}
