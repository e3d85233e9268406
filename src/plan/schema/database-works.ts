/**
 * Files × what a database says → what is left to do in it: phases of migrations, in the order of their schema versions,
 * and migrations to take back because the files no longer hold them. Where the two contradict each other that is noted,
 * and nothing of that database is planned from there on. It knows no node.
 */
import {
  schemaPhases,
  type AppliedMigration,
  type ObservedDatabase,
  type SchemaPhase,
} from '../../model/schema/database.ts';
import type { DesiredMigration } from '../../model/desired.ts';
import type { Notes } from '../findings/notes.ts';
import type { PlanInputs } from '../plan-inputs.ts';
import { phasesOf } from './operation-words.ts';
import { operationsDifference } from './operations-difference.ts';

/** A migration of the files with something left to do. */
export interface MigrationWork {
  readonly migration: DesiredMigration;
  /** When the plan is made; null: nothing. */
  readonly done: SchemaPhase | null;
  /** When that ended. */
  readonly doneAt: string | null;
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
}

type Reachable = Extract<ObservedDatabase, { reachable: true }>;

/** Of every database that answered, by name. */
export function databaseWorks({ desired, observed }: PlanInputs, notes: Notes): readonly DatabaseWork[] {
  const seen = new Map(observed.databases.map((database) => [database.name, database]));
  const files = Map.groupBy(desired.migrations, ({ database }) => database);
  return desired.databases.flatMap(({ name }) => {
    const own = (files.get(name) ?? []).toSorted((a, b) => a.schemaVersion - b.schemaVersion);
    const database = seen.get(name);
    if (database?.reachable === true) return [databaseWork(database, own, notes)];
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

function databaseWork(database: Reachable, files: readonly DesiredMigration[], notes: Notes): DatabaseWork {
  const { name, schemaVersion } = database;
  if (database.open !== null) noteOpen(name, database.open, notes);
  const applied = new Map(database.applied.map((one) => [one.migration, one]));
  const migrations: MigrationWork[] = [];
  let version = schemaVersion;
  for (const migration of files) {
    const own = applied.get(migration.name);
    const fits = own === undefined ? follows(database, migration, version, notes) : agrees(own, migration, notes);
    if (!fits) break;
    version = Math.max(version, migration.schemaVersion);
    const done = own?.done ?? null;
    const left = phasesLeft(migration, done);
    if (left.length > 0) migrations.push({ migration, done, doneAt: own?.finishedAt ?? null, left });
  }
  return { name, version: schemaVersion, migrations, gone: goneFrom(database, files, notes) };
}

function noteOpen(name: string, open: NonNullable<Reachable['open']>, notes: Notes): void {
  const what = open.phase === 'undo' ? 'The undo' : `The ${open.phase}`;
  notes.note('schemaRunOpen', {
    summary: `${what} of ${open.migration} in database ${name} began at ${open.startedAt} and has not ended; it is finished or taken back before anything else there.`,
    fix: '`themis apply` does that first.',
    address: `migration/${open.migration}`,
  });
}

function phasesLeft({ operations }: DesiredMigration, done: SchemaPhase | null): readonly SchemaPhase[] {
  const rest = done === null ? schemaPhases : schemaPhases.slice(schemaPhases.indexOf(done) + 1);
  const own = phasesOf(operations);
  return rest.filter((phase) => own.includes(phase));
}

/** Whether a migration that was never applied is the next one. */
function follows(database: Reachable, migration: DesiredMigration, version: number, notes: Notes): boolean {
  const { name, schemaVersion } = migration;
  const address = `migration/${name}`;
  const other = database.applied.find((one) => one.schemaVersion === schemaVersion);
  if (other !== undefined) {
    notes.note('schemaOtherMigration', {
      summary: `Schema version ${schemaVersion} of database ${database.name} is migration ${other.migration}; the files have ${name} there.`,
      fix: `Give ${name} a schema version of its own, or bring ${other.migration} back as it was.`,
      address,
    });
    return false;
  }
  if (schemaVersion === version + 1) return true;
  notes.note('schemaSkipped', {
    summary:
      schemaVersion > version
        ? `Database ${database.name} is at schema version ${version}, and the next migration, ${name}, makes it ${schemaVersion}.`
        : `Migration ${name} makes schema version ${schemaVersion}, which database ${database.name} has passed without it: it is at ${version}.`,
    fix:
      schemaVersion > version
        ? `Add the migration that makes it ${version + 1}.`
        : `Give it schema version ${version + 1}.`,
    address,
  });
  return false;
}

function agrees(own: AppliedMigration, migration: DesiredMigration, notes: Notes): boolean {
  const { name, schemaVersion, digest, operations, database } = migration;
  if (own.digest === digest && own.schemaVersion === schemaVersion) return true;
  const renumbered =
    own.schemaVersion === schemaVersion
      ? []
      : [`- schemaVersion: ${own.schemaVersion}`, `+ schemaVersion: ${schemaVersion}`];
  notes.note('schemaChanged', {
    summary: `Migration ${name} was changed after it had been applied to database ${database} (${own.done} done at ${own.finishedAt}).`,
    details: [...renumbered, ...operationsDifference(own.operations, operations)],
    fix: 'Restore the file, and put what is new into a migration of its own.',
    address: `migration/${name}`,
  });
  return false;
}

/** Those above all files; what is missing below them was cleared away, which counts where something of it is left. */
function goneFrom(database: Reachable, files: readonly DesiredMigration[], notes: Notes): readonly AppliedMigration[] {
  const names = new Set(files.map(({ name }) => name));
  const versions = new Set(files.map(({ schemaVersion }) => schemaVersion));
  const last = files.at(-1)?.schemaVersion ?? 0;
  const gone: AppliedMigration[] = [];
  for (const one of database.applied) {
    if (names.has(one.migration) || versions.has(one.schemaVersion)) continue;
    if (one.schemaVersion > last) gone.push(one);
    else if (one.done !== phasesOf(one.operations).at(-1)) {
      notes.note('schemaForgotten', {
        summary: `The files no longer hold migration ${one.migration} of database ${database.name}, of which only ${one.done} is done.`,
        fix: 'Bring its file back until all of it is done.',
      });
    }
  }
  return gone.sort((a, b) => b.schemaVersion - a.schemaVersion);
}
