/** The migrations of a fleet as lint takes them, each beside the catalog of its database where somebody can read that. */
import type { Finding, SourceSpan } from '../../../kernel/finding.ts';
import { measuredRates } from '../../../migrate/lint/estimate.ts';
import { lintMigration } from '../../../migrate/lint/lint-migration.ts';
import type { LintInput, LintProbe } from '../../../migrate/lint/rule.ts';
import type { AppliedMigration } from '../../../model/schema/database.ts';
import type { Catalog } from '../../../model/schema/catalog.ts';
import type { Desired, DesiredDatabase, DesiredMigration } from '../../../model/desired.ts';
import { phasesOf } from '../../../plan/schema/operation-words.ts';
import type { SqlParser } from '../../../ports/schema/sql-parser.ts';
import type { ReleaseProbes } from '../../../plan/schema/release-probes.ts';
import { isOfNext, isOfRunning } from '../../../resolve/probe-releases.ts';
import { releaseFindings, type LintReleases } from './lint-releases.ts';

/** Null where the database cannot be reached: then everything in it is taken to be large and in use. */
export type ReadCatalog = (database: DesiredDatabase) => Promise<SeenSchema | null>;

export interface SeenSchema {
  readonly catalog: Catalog;
  readonly applied: readonly AppliedMigration[];
}

export interface Linted {
  readonly findings: readonly Finding[];
  /** Those that the database has wholly behind it: nothing of them is to come, and nobody may change them. */
  readonly finished: number;
}

export async function lintMigrations(
  desired: Desired,
  migrations: readonly DesiredMigration[],
  sql: SqlParser,
  readCatalogOf?: ReadCatalog,
  releases?: LintReleases,
): Promise<Linted> {
  const seen = new Map<string, SeenSchema | null>();
  const findings: Finding[] = migrations.length === 0 ? [] : [...(releases?.findings ?? [])];
  let finished = 0;
  for (const migration of migrations) {
    const database = desired.databases.find(({ name }) => name === migration.database);
    if (database !== undefined && !seen.has(database.name)) {
      seen.set(database.name, (await readCatalogOf?.(database)) ?? null);
    }
    const { catalog = null, applied = [] } = seen.get(database?.name ?? '') ?? {};
    if (applied.some((one) => isFinished(one, migration))) {
      finished += 1;
      continue;
    }
    const sent = releases?.probesOf(migration);
    const input = lintInput(desired, migration, database, sent);
    findings.push(...lintMigration({ ...input, catalog, sql }));
    if (sent !== undefined) {
      for (const finding of releaseFindings(migration, sent)) findings.push(withPlace(finding, input.place));
    }
  }
  return { findings, finished };
}

function isFinished({ migration, digest, done, operations }: AppliedMigration, file: DesiredMigration): boolean {
  return migration === file.name && digest === file.digest && done === phasesOf(operations).at(-1);
}

function lintInput(
  { sources }: Desired,
  { name, schemaVersion, release, onFailure, operations, probes }: DesiredMigration,
  database: DesiredDatabase | undefined,
  sent: ReleaseProbes | undefined,
): Omit<LintInput, 'catalog' | 'sql'> {
  return {
    migration: name,
    schemaVersion,
    bound: release !== null,
    onFailure,
    operations,
    probes: {
      running: [
        ...probes.filter((probe) => isOfRunning(probe.release, release)).map(asProbe),
        ...(sent?.probes ?? []).filter(({ running }) => running).map(asProbe),
      ],
      next: [
        ...probes.filter((probe) => isOfNext(probe.release, release)).map(asProbe),
        ...(sent?.probes ?? []).filter(({ next }) => next).map(asProbe),
        ...(sent?.later ?? []).map((probe) => ({ ...asProbe(probe), needsLater: true })),
      ],
    },
    place: sources.get(`migration/${name}`),
    places: operations.map((_, index) => sources.get(`migration/${name}/${index + 1}`)),
    rates: measuredRates,
    engine: database?.place.kind ?? 'postgresql',
  };
}

const asProbe = ({ name, sql }: LintProbe): LintProbe => ({ name, sql });

function withPlace(finding: Finding, source: SourceSpan | undefined): Finding {
  return source === undefined ? finding : { ...finding, source };
}
