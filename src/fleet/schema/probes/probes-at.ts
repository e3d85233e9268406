/** Which queries have to work in which state of a schema on its way through a migration. Pure. */
import type { DesiredMigration } from '../../../model/desired.ts';
import type { SchemaPhase } from '../../../model/schema/database.ts';
import { isOfNext, isOfRunning } from '../../../resolve/probe-releases.ts';

export interface Probe {
  readonly name: string;
  readonly sql: string;
  /** Of the release before the migration, and of the one that comes with it. */
  readonly running: boolean;
  readonly next: boolean;
  /** Listed by a release, whose manifest is signed: nobody can correct it. Default: by the Migration. */
  readonly isOfRelease?: boolean;
}

/** Between two steps. */
export type SchemaMoment =
  | { readonly kind: 'before' }
  | { readonly kind: 'step'; readonly phase: SchemaPhase }
  | { readonly kind: 'end'; readonly phase: SchemaPhase };

/** Without those that nobody sends. `released`: where the release of the migration runs; then the one before is gone. */
export function probesOf(
  { probes, release }: Pick<DesiredMigration, 'probes' | 'release'>,
  released: 'nowhere' | 'everywhere',
): readonly Probe[] {
  return probes
    .map(({ name, sql, release: sends }) => ({
      name,
      sql,
      running: released === 'nowhere' && isOfRunning(sends, release),
      next: isOfNext(sends, release),
    }))
    .filter(({ running, next }) => running || next);
}

/**
 * Nodes run the old release until contract begins, since that waits for the last of them; the new one comes to its first
 * node when expand has ended, and not before.
 */
export function probesAt(probes: readonly Probe[], moment: SchemaMoment): readonly Probe[] {
  const isOld = moment.kind === 'before' || moment.phase !== 'contract';
  const isNew = moment.kind !== 'before' && (moment.phase !== 'expand' || moment.kind === 'end');
  return probes.filter(({ running, next }) => (running && isOld) || (next && isNew));
}
