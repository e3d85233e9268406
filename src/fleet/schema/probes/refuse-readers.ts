/**
 * Before a contract: whether a release that nodes run by now still asks for what it takes away. Releases may have come
 * since the migration was rehearsed, and what is half done cannot be rehearsed again; so their queries are read, as lint
 * does, and nothing is tried.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { measuredRates } from '../../../migrate/lint/estimate.ts';
import { lintMigration } from '../../../migrate/lint/lint-migration.ts';
import { stillRead } from '../../../migrate/lint/rollout/still-read.ts';
import type { DesiredMigration } from '../../../model/desired.ts';
import type { SqlParser } from '../../../ports/schema/sql-parser.ts';
import { admit } from '../state/admission.ts';
import { readRows } from '../ledger/runs.ts';
import type { SchemaParts } from '../request.ts';
import type { Probe } from './probes-at.ts';

/** `sent`: by the releases that run, and get there meanwhile. Throws MIGRATION_REFUSED. */
export async function refuseReaders(
  parts: SchemaParts,
  migration: DesiredMigration,
  { probes, unknown }: { readonly probes: readonly Probe[]; readonly unknown: readonly string[] },
  openParser: () => Promise<SqlParser>,
): Promise<void> {
  const next = probes.filter((probe) => probe.next);
  if (next.length === 0 && unknown.length === 0) return;
  const catalog = await parts.database.use(async (session) => {
    const rows = await readRows(session);
    // One that has begun is ended.
    return admit(rows, migration, 'contract').kind === 'begin' ? await parts.catalogs.read(session) : null;
  });
  if (catalog === null) return;
  const unchecked = unknown.map((who) => `queries of ${who}`);
  if (unchecked.length > 0) parts.emit({ type: 'rehearsed', queries: 0, states: 0, unchecked });
  if (next.length === 0) return;
  const { name, schemaVersion, release, onFailure, operations } = migration;
  const found = lintMigration({
    migration: name,
    schemaVersion,
    bound: release !== null,
    onFailure,
    operations,
    probes: { running: [], next },
    catalog,
    rates: measuredRates,
    engine: parts.database.engine,
    sql: await openParser(),
  });
  const read = found.filter(({ code }) => code === stillRead.code).map(({ summary }) => summary);
  if (read.length === 0) return;
  throw new ThemisError('MIGRATION_REFUSED', `${read.join(' ')} Nothing was taken away.`, {
    hint: "Roll out a release that does not read it first; a probe of the Migration takes the place of a release's that has its name.",
  });
}
