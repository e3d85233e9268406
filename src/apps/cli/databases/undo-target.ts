/** Which migration of which database `migrate undo` is about. Pure. */
import { didYouMean } from '../../../kernel/did-you-mean.ts';
import { fromFailure, ThemisError } from '../../../kernel/error.ts';
import type { DesiredDatabase, DesiredMigration } from '../../../model/desired.ts';
import type { ObservedDatabase } from '../../../model/schema/database.ts';

export type UndoWhat =
  | { readonly kind: 'newest' }
  | { readonly kind: 'migration'; readonly name: string }
  /** The database has this schema version afterwards. */
  | { readonly kind: 'version'; readonly version: number };

export interface UndoTarget {
  readonly database: DesiredDatabase;
  /** The oldest that is taken back. */
  readonly migration: string;
}

type Reached = Extract<ObservedDatabase, { reachable: true }>;
type Silent = Extract<ObservedDatabase, { reachable: false }>;

/**
 * null: no database has anything of it. `databases`: those that may be meant. Throws USAGE where it is not clear which
 * one is, and what keeps a database that may be meant from being asked.
 */
export function undoTarget(
  what: UndoWhat,
  databases: readonly DesiredDatabase[],
  observed: readonly ObservedDatabase[],
  migrations: readonly DesiredMigration[],
): UndoTarget | null {
  const states = databases.flatMap(({ name }) => observed.find((state) => state.name === name) ?? []);
  const found = databases.flatMap((database): UndoTarget[] => {
    const state = states.find(({ name }) => name === database.name);
    const migration = state?.reachable === true ? oldestOf(what, state) : undefined;
    return migration === undefined ? [] : [{ database, migration }];
  });
  const silent = states.filter((state) => !state.reachable);
  const file = what.kind === 'migration' ? migrations.find(({ name }) => name === what.name) : undefined;
  // Where its file says, it is looked for first; if it is not there, the file may have been moved since.
  const missed = silent.find(({ name }) => file === undefined || found.length === 0 || name === file.database);
  if (missed !== undefined) throw notAsked(missed, databases.length > 1);
  const [one, ...others] = found;
  if (others.length > 0) {
    const names = found.map(({ database }) => database.name).join(', ');
    throw new ThemisError('USAGE', `Several databases have something to take back: ${names}.`, {
      hint: 'Name one of them with --database.',
    });
  }
  if (one === undefined && what.kind === 'migration') refuseUnknown(what.name, databases, migrations);
  return one ?? null;
}

function notAsked({ name, failure }: Silent, isOneOfSeveral: boolean): ThemisError {
  const more = isOneOfSeveral ? ['Where another one is meant, name it with --database.'] : [];
  const hints = [...(failure.hint === undefined ? [] : [failure.hint]), ...more];
  const hint = hints.length === 0 ? {} : { hint: hints.join(' ') };
  return fromFailure({ ...failure, message: `${name}: ${failure.message}`, ...hint });
}

function oldestOf(what: UndoWhat, { applied, open, schemaVersion }: Reached): string | undefined {
  const begun = open !== null && !applied.some(({ migration }) => migration === open.migration) ? open : null;
  switch (what.kind) {
    case 'newest':
      return begun?.migration ?? applied.at(-1)?.migration;
    case 'migration':
      return [begun, ...applied].find((one) => one?.migration === what.name)?.migration;
    case 'version': {
      const after = applied.find((one) => one.schemaVersion > what.version);
      // What is begun makes the version that comes next.
      return after?.migration ?? (schemaVersion >= what.version ? begun?.migration : undefined);
    }
  }
}

function refuseUnknown(
  name: string,
  databases: readonly DesiredDatabase[],
  migrations: readonly DesiredMigration[],
): void {
  const meant = migrations.filter(({ database }) => databases.some((one) => one.name === database));
  if (meant.some((migration) => migration.name === name)) return;
  const near = didYouMean(
    name,
    meant.map((migration) => migration.name),
  );
  const hint = near === undefined ? {} : { hint: `Did you mean ${near}?` };
  throw new ThemisError('USAGE', `No database has a migration named "${name}", and neither have the files.`, hint);
}
