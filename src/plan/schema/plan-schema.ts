/**
 * The schemas' part of a plan: Migrations × databases × the journeys of the nodes → steps between the hops, what holds
 * them back, and how long they take. Pure, and nothing at all for a fleet without databases.
 */
import type { ReleaseRanges } from '../../model/desired.ts';
import { parseInstant } from '../../kernel/units/instant.ts';
import type { NodeWork } from '../change/node-work.ts';
import type { Packages } from '../change/node-state.ts';
import type { Notes } from '../findings/notes.ts';
import type { PlanInputs } from '../plan-inputs.ts';
import { estimateSchemaMs } from '../rollout/estimate.ts';
import type { HopSteps } from '../rollout/plan-steps.ts';
import { refuseContracted } from './contracted-releases.ts';
import { databaseWorks } from './database-works.ts';
import { describeStragglers, journeysOf, type Straggler } from './node-journeys.ts';
import { graceOf, rewritesIn } from './operation-words.ts';
import { placeMigrations, type PlacedMigration } from './placed-migrations.ts';
import { createReach } from './release-reach.ts';
import { createSchemaSteps, type SchemaOrigin, type SchemaSteps } from './schema-steps.ts';
import { placeUndos, type PlacedUndo } from './schema-undo.ts';

/** Why a schema step is not carried out by this plan, whatever it needs. */
export type SchemaHold =
  | { readonly kind: 'nodes'; readonly reason: string }
  /** Grace counts from `sinceMs`; null: from the end of what the step needs. */
  | { readonly kind: 'grace'; readonly sinceMs: number | null; readonly graceMs: number };

export interface SchemaTiming {
  readonly holdOf: (step: string) => SchemaHold | undefined;
  readonly estimateOf: (step: string) => number;
}

export interface SchemaPlan {
  readonly steps: SchemaSteps;
  /** To be asked once the steps are made. */
  readonly timing: SchemaTiming;
}

/** Undefined where there is no database to think of. */
export function planSchema(
  inputs: PlanInputs,
  works: readonly NodeWork[],
  hops: readonly HopSteps[],
  notes: Notes,
): SchemaPlan | undefined {
  const { desired, record } = inputs;
  if (desired.databases.length === 0) return undefined;
  const databases = databaseWorks(inputs, notes);
  if (inputs.refreshOnly === true) return undefined;
  refuseContracted(works, inputs.observed, record, notes);
  const journeys = journeysOf(works, hops);
  const migrations = placeMigrations(databases, journeys, (release) => isPinned(release, inputs), notes);
  const undos = placeUndos(databases, journeys, record, notes);
  const { steps, origins } = createSchemaSteps({ migrations, undos, hops });
  return {
    steps,
    timing: {
      holdOf: (step) => holdOf(origins.get(step), inputs),
      estimateOf: (step) => estimateOf(origins.get(step), inputs),
    },
  };
}

/** Whether the plan knows of every database what it has to know. */
export function databasesAnswered({ desired, observed }: PlanInputs): boolean {
  const answered = new Set(observed.databases.filter(({ reachable }) => reachable).map(({ name }) => name));
  return desired.migrations.every(({ database }) => answered.has(database));
}

/** What the lock says that some node is to have. */
function isPinned(release: ReleaseRanges, { desired }: PlanInputs): boolean {
  const pins = Map.groupBy(desired.lock?.packages ?? [], (pin) => pin.package);
  return Object.entries(release).every(([name, range]) => {
    const reaches = createReach({ [name]: range });
    return (pins.get(name) ?? []).some(({ version, manifestHash }) => {
      const packages: Packages = { [name]: { version, manifestHash, dataSchemaVersion: 0 } };
      return reaches(packages);
    });
  });
}

function holdOf(origin: SchemaOrigin | undefined, inputs: PlanInputs): SchemaHold | undefined {
  if (origin === undefined) return undefined;
  if (origin.phase === 'undo') return undoHold(origin.undo);
  const { phase, migration: one, isExpandedHere } = origin;
  if (phase === 'expand') return undefined;
  const behind = one.arrival?.behind ?? [];
  if (behind.length > 0) return waitFor(behind);
  if (phase === 'migrate') return undefined;
  const graceMs = graceOf(one.migration.operations);
  if (graceMs === 0) return undefined;
  const isComplete = !isExpandedHere && (one.arrival === null || one.arrival.last === -1);
  return { kind: 'grace', sinceMs: isComplete ? completeSince(one, inputs) : null, graceMs };
}

/** What the fleet has noted; without a release the database itself knows. */
function completeSince({ migration, arrival, doneAt }: PlacedMigration, { record }: PlanInputs): number | null {
  const noted = Object.hasOwn(record.schemas, migration.name) ? record.schemas[migration.name]!.completeSince : null;
  const since = noted ?? (arrival === null ? doneAt : null);
  return since === null ? null : (parseInstant(since) ?? null);
}

function undoHold({ behind, isUnclear, applied }: PlacedUndo): SchemaHold | undefined {
  if (isUnclear) return { kind: 'nodes', reason: `nobody knows which release needs ${applied.migration}` };
  return behind.length === 0 ? undefined : waitFor(behind);
}

function waitFor(behind: readonly Straggler[]): SchemaHold {
  return { kind: 'nodes', reason: `waits for ${describeStragglers(behind)}` };
}

function estimateOf(origin: SchemaOrigin | undefined, { record }: PlanInputs): number {
  if (origin === undefined) return 0;
  if (origin.phase === 'undo') return estimateSchemaMs('undo', false, record.estimates);
  const { phase, migration } = origin;
  return estimateSchemaMs(phase, rewritesIn(migration.migration.operations, phase), record.estimates);
}
