/** Database and Migration documents that passed every check: defaults filled in, units made plain numbers. */
import { compareText } from '../kernel/finding.ts';
import { parseDuration } from '../kernel/units/duration.ts';
import { operationsDigest } from '../migrate/operations-digest.ts';
import type { DesiredDatabase, DesiredMigration, SecretRef } from '../model/desired.ts';
import type * as documents from '../model/documents.ts';
import { canonicalSpec } from './schema/canonical-spec.ts';

const defaultLockTimeoutMs = 50;
const defaultStatementTimeoutMs = 30_000;
const defaultConnections = 4;
const defaultThrottle = { maxWriterP99Ms: 100, maxReplicationLagMs: 5000 };

export function normaliseDatabase({ metadata, spec }: documents.Database): DesiredDatabase {
  return {
    name: metadata.name,
    place:
      spec.pglite === undefined
        ? { kind: 'postgresql', urlFrom: spec.urlFrom as SecretRef }
        : { kind: 'pglite', directory: spec.pglite.directory },
    lockTimeoutMs: durationMs(spec.lockTimeout) ?? defaultLockTimeoutMs,
    statementTimeoutMs: durationMs(spec.statementTimeout) ?? defaultStatementTimeoutMs,
    connections: spec.connections ?? defaultConnections,
  };
}

export function normaliseMigration({ metadata, spec }: documents.Migration): DesiredMigration {
  const path = ['spec', 'operations'];
  const operations = canonicalSpec('Migration', path, spec.operations) as unknown as readonly documents.Operation[];
  return {
    name: metadata.name,
    database: spec.database,
    schemaVersion: spec.schemaVersion,
    release: spec.release ?? null,
    dependsOn: [...(spec.dependsOn ?? [])].sort(compareText),
    onFailure: spec.onFailure ?? 'rollback',
    operations,
    digest: operationsDigest(operations),
    probes: (spec.probes ?? []).map(({ name, sql, release = null }) => ({ name, sql, release })),
    throttle: {
      maxWriterP99Ms: durationMs(spec.throttle?.maxWriterP99) ?? defaultThrottle.maxWriterP99Ms,
      maxReplicationLagMs: durationMs(spec.throttle?.maxReplicationLag) ?? defaultThrottle.maxReplicationLagMs,
    },
  };
}

function durationMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text);
}
