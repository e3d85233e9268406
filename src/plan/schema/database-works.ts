/**
 * Files × what a database says → what is left to do in it: phases of migrations, in the order of their schema versions,
 * and migrations to take back because the files no longer hold them. Where the two contradict each other that is noted,
 * and nothing of that database is planned from there on. It knows no node.
 */
import type { AppliedMigration, ObservedDatabase, SchemaPhase } from '../../model/schema/database.ts';
import type { DesiredMigration } from '../../model/desired.ts';
import type { Notes } from '../findings/notes.ts';
import type { PlanInputs } from '../plan-inputs.ts';
import { doneOnce, fills, phasesAfter, phasesOf } from './operation-words.ts';
import { operationsDifference } from './operations-difference.ts';
import { createEarlier } from './release-reach.ts';
import { isSince } from './schema-progress.ts';

/** A migration of the files with something left to do. */
export interface MigrationWork {
  readonly migration: DesiredMigration;
  /** When the plan is made; null: nothing. */
  readonly done: SchemaPhase | null;
  /** When that ended. */
  readonly doneAt: string | null;
  /** Data that were migrated until then are migrated once more: a node has had an earlier version since. */
  readonly again: string | null;
  /** In order; never empty. */
  readonly left: readonly SchemaPhase[];
}

export interface DatabaseWork {
  readonly name: string;
  /** When the plan is made. */
  readonly version: number;
  /** By schema version. */
  readonly migrations: readonly MigrationWork[];
  /** No file holds them: newest first. */
  readonly gone: readonly AppliedMigration[];
  /** One of which not even the expand is done: nothing can use it yet. */
  readonly onlyBegun: string | null;
}

type Reachable = Extract<ObservedDatabase, { reachable: true }>;

/** Of every database that answered, by name. */
export function databaseWorks({ desired, observed, record }: PlanInputs, notes: Notes): readonly DatabaseWork[] {
  const seen = new Map(observed.databases.map((database) => [database.name, database]));
  const files = Map.groupBy(desired.migrations, ({ database }) => database);
  return desired.databases.flatMap(({ name }) => {
    const own = (files.get(name) ?? []).toSorted((a, b) => a.schemaVersion - b.schemaVersion);
    const database = seen.get(name);
    const isStale = (one: AppliedMigration): boolean => hasEarlierWriters(one, files.get(name) ?? [], observed, record);
    if (database?.reachable === true) return [databaseWork(database, own, isStale, notes)];
    if (own.length > 0) noteSilent(name, database, notes);
    return [];
  });
}

function noteSilent(name: string, database: ObservedDatabase | undefined, notes: Notes): void {
  if (database === undefined || database.reachable) {
    notes.gather('databaseNotObserved', '', name, (names) => ({
      summary: `The observation does not hold ${names}, whose migrations belong to this plan.`,
      fix: 'Observe the fleet again with `themis observe`.',
    }));
    return;
  }
  const { message, hint } = database.failure;
  notes.note('databaseUnreachable', {
    summary: `Database ${name} could not be reached, so nobody knows what of its migrations is done: ${message}`,
    fix: hint ?? 'Bring it back; nodes must not get a release before the schema is ready for it.',
    address: `database/${name}`,
  });
}

/** Whether a node has, or had since the data were migrated, a version from before the release. */
function hasEarlierWriters(
  one: AppliedMigration,
  files: readonly DesiredMigration[],
  { nodes }: PlanInputs['observed'],
  { schemas }: PlanInputs['record'],
): boolean {
  const release = files.find(({ name }) => name === one.migration)?.release ?? null;
  if (release === null || one.done !== 'migrate') return false;
  const noted = Object.hasOwn(schemas, one.migration) ? schemas[one.migration]!.earlierAt : undefined;
  const isEarlier = createEarlier(release);
  return isSince(noted, one) || nodes.some((node) => node.reachable && isEarlier(node.packages));
}

function databaseWork(
  database: Reachable,
  files: readonly DesiredMigration[],
  isStale: (one: AppliedMigration) => boolean,
  notes: Notes,
): DatabaseWork {
  const { name, schemaVersion, open } = database;
  if (open !== null) noteOpen(name, open, notes);
  const applied = new Map(database.applied.map((one) => [one.migration, one]));
  const begun = begunIn(database);
  const migrations: MigrationWork[] = [];
  let version = schemaVersion;
  for (const migration of files) {
    const known = begun.find((one) => one.migration === migration.name);
    const fits =
      known === undefined
        ? follows(database.name, begun, migration, version, notes)
        : agrees(known, migration, open?.migration === migration.name, notes);
    if (!fits) break;
    version = Math.max(version, migration.schemaVersion);
    // What an undo has begun to take away is there no more: the nodes need all of it anew.
    const isLeaving = open?.phase === 'undo' && open.migration === migration.name;
    const own = isLeaving ? undefined : applied.get(migration.name);
    const doneAt = own?.finishedAt ?? null;
    const again = own !== undefined && isStale(own) ? doneAt : null;
    const isFilledAgain = again !== null && fills(migration.operations);
    const done = isFilledAgain ? 'expand' : (own?.done ?? null);
    const left = phasesAfter(migration.operations, done);
    if (again !== null && left.includes('contract')) noteOnce(migration, notes);
    if (left.length > 0) migrations.push({ migration, done, doneAt, again: isFilledAgain ? again : null, left });
  }
  const gone = goneFrom(name, begun, files, notes);
  const onlyBegun = open !== null && !applied.has(open.migration) ? open.migration : null;
  return { name, version: schemaVersion, migrations, gone, onlyBegun };
}

/** What is applied, by schema version, with what is open as far as it may have come: that is to be taken back as well. */
function begunIn({ applied, open }: Reachable): readonly AppliedMigration[] {
  if (open === null || open.phase === 'undo') return applied;
  const { phase, startedAt, ...migration } = open;
  const others = applied.filter((one) => one.migration !== open.migration);
  return [...others, { ...migration, done: phase, finishedAt: startedAt }].sort(byVersion);
}

function byVersion(a: AppliedMigration, b: AppliedMigration): number {
  return a.schemaVersion - b.schemaVersion;
}

function noteOpen(name: string, open: NonNullable<Reachable['open']>, notes: Notes): void {
  const what = open.phase === 'undo' ? 'The undo' : `The ${open.phase}`;
  notes.note('schemaRunOpen', {
    summary: `${what} of ${open.migration} in database ${name} began at ${open.startedAt} and has not ended; it is finished or taken back before anything else there.`,
    fix: '`themis apply` does that first.',
    address: `migration/${open.migration}`,
  });
}

function noteOnce({ name, operations }: DesiredMigration, notes: Notes): void {
  const once = doneOnce(operations);
  if (once.length === 0) return;
  notes.note('schemaDataOnce', {
    summary: `A node has had an earlier version since the data of ${name} were migrated, and part of that is not done again.`,
    details: once.map(({ does }) => does),
    fix: `See before the contract of ${name} that what was written since is as it should be.`,
    address: `migration/${name}`,
  });
}

/** Whether a migration that was never applied is the next one. */
function follows(
  database: string,
  begun: readonly AppliedMigration[],
  migration: DesiredMigration,
  version: number,
  notes: Notes,
): boolean {
  const { name, schemaVersion } = migration;
  const address = `migration/${name}`;
  const other = begun.find((one) => one.schemaVersion === schemaVersion);
  if (other !== undefined) {
    notes.note('schemaOtherMigration', {
      summary: `Schema version ${schemaVersion} of database ${database} is migration ${other.migration}; the files have ${name} there.`,
      fix: `Give ${name} a schema version of its own, bring ${other.migration} back as it was, or take it back with \`themis migrate undo --migration ${other.migration}\`.`,
      address,
    });
    return false;
  }
  if (schemaVersion === version + 1) return true;
  notes.note('schemaSkipped', {
    summary:
      schemaVersion > version
        ? `Database ${database} is at schema version ${version}, and the next migration, ${name}, makes it ${schemaVersion}.`
        : `Migration ${name} makes schema version ${schemaVersion}, which database ${database} has passed without it: it is at ${version}.`,
    fix:
      schemaVersion > version
        ? `Add the migration that makes it ${version + 1}.`
        : `Give it schema version ${version + 1}.`,
    address,
  });
  return false;
}

function agrees(own: AppliedMigration, migration: DesiredMigration, isOpen: boolean, notes: Notes): boolean {
  const { name, schemaVersion, digest, operations, database } = migration;
  if (own.digest === digest && own.schemaVersion === schemaVersion) return true;
  const renumbered =
    own.schemaVersion === schemaVersion
      ? []
      : [`- schemaVersion: ${own.schemaVersion}`, `+ schemaVersion: ${schemaVersion}`];
  notes.note('schemaChanged', {
    summary: `Migration ${name} was changed after it had been applied to database ${database} (${own.done} ${isOpen ? 'open since' : 'done at'} ${own.finishedAt}).`,
    details: [...renumbered, ...operationsDifference(own.operations, operations)],
    fix: 'Restore the file, and put what is new into a migration of its own.',
    address: `migration/${name}`,
  });
  return false;
}

/** Those above all files; what is missing below them was cleared away, which counts where something of it is left. */
function goneFrom(
  database: string,
  begun: readonly AppliedMigration[],
  files: readonly DesiredMigration[],
  notes: Notes,
): readonly AppliedMigration[] {
  const names = new Set(files.map(({ name }) => name));
  const versions = new Set(files.map(({ schemaVersion }) => schemaVersion));
  const last = files.at(-1)?.schemaVersion ?? 0;
  const gone: AppliedMigration[] = [];
  for (const one of begun) {
    if (names.has(one.migration) || versions.has(one.schemaVersion)) continue;
    if (one.schemaVersion > last) gone.push(one);
    else if (one.done !== phasesOf(one.operations).at(-1)) {
      notes.note('schemaForgotten', {
        summary: `The files no longer hold migration ${one.migration} of database ${database}, of which only ${one.done} is done.`,
        fix: 'Bring its file back until all of it is done.',
      });
    }
  }
  return gone.reverse();
}
