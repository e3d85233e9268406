/** The migrations of a fleet as lint takes them, each beside the catalog of its database where somebody can read that. */
import type { Finding } from '../../../kernel/finding.ts';
import { measuredRates } from '../../../migrate/lint/estimate.ts';
import { lintMigration } from '../../../migrate/lint/lint-migration.ts';
import type { LintInput, LintProbe } from '../../../migrate/lint/rule.ts';
import type { Catalog } from '../../../model/schema/catalog.ts';
import type { Desired, DesiredDatabase, DesiredMigration } from '../../../model/desired.ts';
import type { SqlParser } from '../../../ports/schema/sql-parser.ts';
import { isOfNext, isOfRunning } from '../../../resolve/probe-releases.ts';

/** Null where the database cannot be reached: then everything in it is taken to be large and in use. */
export type ReadCatalog = (database: DesiredDatabase) => Promise<Catalog | null>;

export async function lintMigrations(
  desired: Desired,
  migrations: readonly DesiredMigration[],
  sql: SqlParser,
  readCatalogOf?: ReadCatalog,
): Promise<readonly Finding[]> {
  const catalogs = new Map<string, Catalog | null>();
  const findings: Finding[] = [];
  for (const migration of migrations) {
    const database = desired.databases.find(({ name }) => name === migration.database);
    if (database !== undefined && !catalogs.has(database.name)) {
      catalogs.set(database.name, (await readCatalogOf?.(database)) ?? null);
    }
    const catalog = catalogs.get(database?.name ?? '') ?? null;
    findings.push(...lintMigration({ ...lintInput(desired, migration, database), catalog, sql }));
  }
  return findings;
}

function lintInput(
  { sources }: Desired,
  { name, schemaVersion, release, onFailure, operations, probes }: DesiredMigration,
  database: DesiredDatabase | undefined,
): Omit<LintInput, 'catalog' | 'sql'> {
  return {
    migration: name,
    schemaVersion,
    bound: release !== null,
    onFailure,
    operations,
    probes: {
      running: probes.filter((probe) => isOfRunning(probe.release, release)).map(asProbe),
      next: probes.filter((probe) => isOfNext(probe.release, release)).map(asProbe),
    },
    place: sources.get(`migration/${name}`),
    places: operations.map((_, index) => sources.get(`migration/${name}/${index + 1}`)),
    rates: measuredRates,
    engine: database?.place.kind ?? 'postgresql',
  };
}

const asProbe = ({ name, sql }: LintProbe): LintProbe => ({ name, sql });
