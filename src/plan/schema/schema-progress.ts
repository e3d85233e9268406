/**
 * What the rollout record keeps of migrations: since when each is expanded and every node of the fleet has its release.
 * Called with every observation of the whole fleet; a node with an older version takes the clock back, and it starts anew
 * once all have it again. One that cannot be asked keeps it from starting, but does not stop it: in a large fleet somebody
 * is always away, and the contract itself waits until every node answers.
 */
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { parseInstant } from '../../kernel/units/instant.ts';
import type { AppliedMigration, ObservedDatabase } from '../../model/schema/database.ts';
import type { Desired, DesiredMigration } from '../../model/desired.ts';
import type { Observed, ObservedNode } from '../../model/observed.ts';
import type { RolloutRecord, SchemaProgress } from '../../model/rollout-record.ts';
import { createEarlier, createReach } from './release-reach.ts';

/** `observed` has to hold every node of the fleet: one that is missing counts as one that did not answer. The same record where nothing changes. */
export function noteSchemaProgress(
  record: RolloutRecord,
  { fleet, migrations }: Desired,
  observed: Observed,
  at: string,
): RolloutRecord {
  const nodes = new Map(observed.nodes.map((node) => [node.name, node]));
  const seen = fleet.nodes.map(({ name }) => nodes.get(name));
  const databases = new Map(observed.databases.map((database) => [database.name, database]));
  const schemas: Record<string, SchemaProgress> = {};
  for (const [name, progress] of Object.entries(record.schemas)) {
    // Without its file nothing contracts; its release is still known to whoever takes it back.
    if (!isKnownStill(name, observed.databases)) continue;
    const { contractedAt: _, ...rest } = progress;
    schemas[name] = { ...rest, completeSince: null, ...contracted(name, observed.databases, progress) };
  }
  for (const migration of migrations) {
    const known = Object.hasOwn(record.schemas, migration.name) ? record.schemas[migration.name]! : undefined;
    const database = databases.get(migration.database);
    const completeSince = since(migration, database, seen, known?.completeSince ?? null, at);
    const earlierAt = earlier(migration, database, seen, known?.earlierAt, at);
    const once = earlierAt === undefined ? {} : { earlierAt };
    const contract = contracted(migration.name, observed.databases, known);
    schemas[migration.name] = { completeSince, ...once, ...contract, release: migration.release };
  }
  return canonicalJson(schemas) === canonicalJson(record.schemas) ? record : { ...record, schemas };
}

function since(
  { name, release }: DesiredMigration,
  database: ObservedDatabase | undefined,
  nodes: readonly (ObservedNode | undefined)[],
  known: string | null,
  at: string,
): string | null {
  const reaches = release === null ? () => true : createReach(release);
  if (nodes.some((node) => node?.reachable === true && !reaches(node.packages))) return null;
  // Who does not answer has not forgotten what was noted.
  if (database?.reachable !== true) return known;
  const applied = appliedIn(database, name);
  if (applied === undefined) return null;
  if (known !== null || release === null) return known ?? applied.finishedAt;
  return nodes.every((node) => node?.reachable === true) ? at : null;
}

/** As its database says; of one that does not answer, as it was noted. */
function contracted(
  name: string,
  databases: readonly ObservedDatabase[],
  known: SchemaProgress | undefined,
): Pick<SchemaProgress, 'contractedAt'> {
  for (const database of databases) {
    if (!database.reachable) continue;
    const { open } = database;
    if (open?.migration === name && open.phase === 'contract') return { contractedAt: open.startedAt };
    const applied = appliedIn(database, name);
    if (applied !== undefined) return applied.done === 'contract' ? { contractedAt: applied.finishedAt } : {};
  }
  const isAsked = databases.every(({ reachable }) => reachable);
  return isAsked || known?.contractedAt === undefined ? {} : { contractedAt: known.contractedAt };
}

/** Noted once for each time that the data were migrated. */
function earlier(
  { name, release }: DesiredMigration,
  database: ObservedDatabase | undefined,
  nodes: readonly (ObservedNode | undefined)[],
  known: string | undefined,
  at: string,
): string | undefined {
  const applied = database?.reachable === true ? appliedIn(database, name) : undefined;
  if (release === null || applied?.done !== 'migrate' || isSince(known, applied)) return known;
  const isEarlier = createEarlier(release);
  return nodes.some((node) => node?.reachable === true && isEarlier(node.packages)) ? at : known;
}

/** Whether what was noted of a node is of after the data were migrated. */
export function isSince(earlierAt: string | undefined, { finishedAt }: AppliedMigration): boolean {
  return earlierAt !== undefined && parseInstant(earlierAt)! >= parseInstant(finishedAt)!;
}

function appliedIn(
  { applied }: Extract<ObservedDatabase, { reachable: true }>,
  name: string,
): AppliedMigration | undefined {
  return applied.find(({ migration }) => migration === name);
}

/** Unless every database says that it does not have it. */
function isKnownStill(name: string, databases: readonly ObservedDatabase[]): boolean {
  return (
    databases.length === 0 ||
    databases.some((one) => !one.reachable || one.open?.migration === name || appliedIn(one, name) !== undefined)
  );
}
