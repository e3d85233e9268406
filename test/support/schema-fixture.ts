/** Databases and migrations for planner tests, described by what matters. Everything not said gets a plain default. */
import { schemaParams } from '../../src/actions/schema-step.ts';
import { operationsDigest } from '../../src/migrate/operations-digest.ts';
import type {
  AppliedMigration,
  ObservedDatabase,
  OpenSchemaRun,
  SchemaPhase,
} from '../../src/model/schema/database.ts';
import type { DesiredDatabase, DesiredMigration } from '../../src/model/desired.ts';
import type { Operation } from '../../src/model/documents.ts';
import type { Plan, PlanStep } from '../../src/model/plan.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';

export function desiredDatabase(name = 'orders'): DesiredDatabase {
  return {
    name,
    place: { kind: 'pglite', directory: './db' },
    lockTimeoutMs: 50,
    statementTimeoutMs: 30_000,
    connections: 4,
  };
}

/** Adds a column, fills it and drops another after a day. */
export const wholeMigration: readonly Operation[] = [
  { addColumn: { table: 'users', column: { name: 'phone_number', type: 'text' } } },
  { backfill: { table: 'users', set: { phone_number: 'phone' }, key: ['id'], undo: { phone_number: 'NULL' } } },
  { dropColumn: { table: 'users', column: 'phone', gracePeriod: '86400000ms' } },
];

export const expandOnly: readonly Operation[] = wholeMigration.slice(0, 1);

export function desiredMigration(
  name: string,
  schemaVersion: number,
  facts: Partial<DesiredMigration> = {},
): DesiredMigration {
  const operations = facts.operations ?? wholeMigration;
  return {
    name,
    database: 'orders',
    schemaVersion,
    release: { themisdb: '>=1.5.0' },
    dependsOn: [],
    onFailure: 'rollback',
    probes: [],
    throttle: { maxWriterP99Ms: 100, maxReplicationLagMs: 5000 },
    ...facts,
    operations,
    digest: operationsDigest(operations),
  };
}

export function applied(
  { name, schemaVersion, digest, operations }: DesiredMigration,
  done: SchemaPhase,
  finishedAt = '2026-11-20T10:00:00Z',
): AppliedMigration {
  return { migration: name, schemaVersion, digest, operations, done, finishedAt };
}

export function open(
  { name, schemaVersion, digest, operations }: DesiredMigration,
  phase: SchemaPhase | 'undo',
  startedAt = '2026-11-21T17:00:00Z',
): OpenSchemaRun {
  return { migration: name, schemaVersion, digest, operations, phase, startedAt };
}

type Reachable = Extract<ObservedDatabase, { reachable: true }>;

export function observedDatabase(schemaVersion: number, facts: Partial<Reachable> = {}): Reachable {
  return {
    name: 'orders',
    reachable: true,
    engine: 'pglite',
    serverVersion: '18.4',
    schemaVersion,
    applied: [],
    open: null,
    ...facts,
  };
}

export function silentDatabase(name = 'orders'): ObservedDatabase {
  const message = `Database ${name} does not answer.`;
  return { name, reachable: false, failure: { code: 'UNREACHABLE', message, retry: 'backoff' } };
}

/** The fleet with databases and migrations: all databases that these name, and orders. */
export function withSchemas(
  inputs: PlanInputs,
  migrations: readonly DesiredMigration[],
  databases: readonly ObservedDatabase[] = [observedDatabase(4)],
): PlanInputs {
  const names = [...new Set([...migrations.map(({ database }) => database), 'orders'])].sort();
  return {
    ...inputs,
    desired: { ...inputs.desired, databases: names.map((name) => desiredDatabase(name)), migrations },
    observed: { ...inputs.observed, databases },
  };
}

/** `add-phone expand`, `node-b update`, `stage/1`: in plan order. */
export function orderOf({ steps }: Plan): readonly string[] {
  return steps.map(labelOf);
}

export function labelOf(step: PlanStep): string {
  const { kind, target } = step;
  const [, name = ''] = target.split('/');
  if (kind === 'stage-promote') return target;
  const [, verb] = kind.split('-');
  return kind.startsWith('schema-') ? `${schemaParams(step).migration} ${verb}` : `${name} ${verb}`;
}

/** What a step needs, by label. */
export function needsOf(plan: Plan, label: string): readonly string[] {
  const labels = new Map(plan.steps.map((step) => [step.id, labelOf(step)]));
  return plan.steps.find((step) => labelOf(step) === label)!.needs.map((id) => labels.get(id)!);
}

/** `add-phone contract until 2026-...: reason`, of what happens in databases. */
export function deferredOf({ steps, deferred }: Plan): readonly string[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  return deferred
    .filter(({ step }) => byId.get(step)!.kind.startsWith('schema-'))
    .map(({ step, reason, until }) => `${labelOf(byId.get(step)!)} until ${until ?? 'nobody knows'}: ${reason}`);
}
