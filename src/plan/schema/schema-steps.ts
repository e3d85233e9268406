/**
 * The schema steps of a plan, put between its hops: expand before the nodes, data after the last of them has the release,
 * contract and undo at the end. Those that wait for nothing of each other may be due at once; who carries them out takes
 * one after the other in each database.
 */
import type { SchemaParams } from '../../actions/schema-step.ts';
import { digestJson, shortDigest } from '../../kernel/digest.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { formatDuration } from '../../kernel/units/duration.ts';
import type { SchemaPhase } from '../../model/schema/database.ts';
import type { PlanStep, SchemaState, SchemaStepKind } from '../../model/plan.ts';
import type { HopSteps } from '../rollout/plan-steps.ts';
import type { DatabaseWork } from './database-works.ts';
import { graceOf, operationsIn } from './operation-words.ts';
import type { PlacedMigration } from './placed-migrations.ts';
import { describeRelease } from './release-reach.ts';
import type { PlacedUndo } from './schema-undo.ts';

/** What `planSteps` asks for between hops. */
export interface SchemaSteps {
  /** `barrier`: what the hop waits for; returned with what it has to wait for besides. */
  before(hop: number, barrier: readonly string[]): Between & { readonly barrier: readonly string[] };
  /** `ended`: steps after which the hop is over. */
  after(hop: number, ended: readonly string[]): Between;
  /** After the last hop. */
  end(): Between;
}

interface Between {
  readonly steps: readonly PlanStep[];
}

/** What a step was made from, for whoever says when it may start. */
export type SchemaOrigin =
  | { readonly phase: SchemaPhase; readonly migration: PlacedMigration; readonly isExpandedHere: boolean }
  | { readonly phase: 'undo'; readonly undo: PlacedUndo };

export interface SchemaStepsInput {
  readonly migrations: readonly PlacedMigration[];
  readonly undos: readonly PlacedUndo[];
  readonly hops: readonly HopSteps[];
}

export function createSchemaSteps(input: SchemaStepsInput) {
  const { hops } = input;
  const making: Making = {
    ...input,
    lastHop: hops.length - 1,
    migrateAt: migratePlaces(input),
    origins: new Map(),
    ids: new Map(),
    versions: new Map(),
    endedBy: [],
  };
  const steps: SchemaSteps = {
    before: (hop, barrier) => stepsBefore(hop, barrier, making),
    after(hop, ended) {
      making.endedBy[hop] = ended;
      const place = placeOf(hops[hop]!, 'after');
      const due = input.migrations.filter((one) => making.migrateAt.get(one) === hop);
      return { steps: due.map((one) => migrateStep(one, ended, place, making)) };
    },
    end: () => ({ steps: [...contracts(making), ...undoSteps(making)] }),
  };
  return { steps, origins: making.origins as ReadonlyMap<string, SchemaOrigin> };
}

/** What is known of the steps made so far. */
interface Making extends SchemaStepsInput {
  readonly lastHop: number;
  /** Index of the hop after which data are migrated, -1: before the first; absent: there is no data step. */
  readonly migrateAt: ReadonlyMap<PlacedMigration, number>;
  readonly origins: Map<string, SchemaOrigin>;
  /** By phase and migration. */
  readonly ids: Map<string, string>;
  readonly versions: Map<DatabaseWork, number>;
  readonly endedBy: (readonly string[])[];
}

function stepsBefore(hop: number, barrier: readonly string[], making: Making): ReturnType<SchemaSteps['before']> {
  const place = placeOf(making.hops[hop]!, 'before');
  const steps: PlanStep[] = [];
  const awaited = new Set<string>();
  for (const one of making.migrations) {
    if (one.expandAt === hop) {
      const earlier = one.needs.flatMap((need) => lastOf(idOf(need, 'expand', making), idOf(need, 'migrate', making)));
      const step = phaseStep(one, 'expand', [...barrier, ...earlier], place, making);
      steps.push(step);
      if (one.arrival !== null) {
        for (const need of step.needs) awaited.delete(need);
        awaited.add(step.id);
      }
    }
    if (hop === 0 && making.migrateAt.get(one) === -1) steps.push(migrateStep(one, [], place, making));
  }
  return { steps, barrier: [...barrier, ...awaited] };
}

function migrateStep(one: PlacedMigration, ended: readonly string[], place: Place, making: Making): PlanStep {
  const { migrateAt } = making;
  const earlier = one.needs.flatMap((need) => idOf(need, 'migrate', making));
  // Whoever waits for the same nodes before it has them among its needs.
  const isCovered = one.needs.some((need) => migrateAt.get(need) === migrateAt.get(one));
  const over = isCovered ? [] : ended;
  return phaseStep(one, 'migrate', [...idOf(one, 'expand', making), ...earlier, ...over], place, making);
}

function contracts(making: Making): readonly PlanStep[] {
  const { hops, lastHop, endedBy } = making;
  const place = { ...placeOf(hops[lastHop]!, 'after'), hop: undefined };
  return making.migrations
    .filter((one) => one.goesOn && one.left.includes('contract') && isExpanded(one))
    .map((one) => {
      const own = idOf(one, 'migrate', making);
      const ended = endedBy[hopAfter(one, making)] ?? [];
      const over = own.length > 0 ? own : [...idOf(one, 'expand', making), ...ended];
      const earlier = one.needs.flatMap((need) =>
        lastOf(idOf(need, 'migrate', making), idOf(need, 'contract', making)),
      );
      return phaseStep(one, 'contract', [...over, ...earlier], place, making);
    });
}

/** After all nodes; in each database newest first. */
function undoSteps({ undos, hops, lastHop, endedBy, origins }: Making): readonly PlanStep[] {
  const place = { ...placeOf(hops[lastHop]!, 'after'), hop: undefined };
  const previous = new Map<string, readonly string[]>();
  return undos.map((undo) => {
    const step = undoStep(undo, previous.get(undo.database) ?? endedBy[lastHop] ?? [], place);
    origins.set(step.id, { phase: 'undo', undo });
    previous.set(undo.database, [step.id]);
    return step;
  });
}

function idOf(one: PlacedMigration, phase: SchemaPhase, { ids }: Making): readonly string[] {
  const id = ids.get(`${phase} ${one.migration.name}`);
  return id === undefined ? [] : [id];
}

/** The later phase follows the one before it. */
function lastOf(earlier: readonly string[], later: readonly string[]): readonly string[] {
  return later.length > 0 ? later : earlier;
}

function isExpanded({ left, expandAt }: PlacedMigration): boolean {
  return left[0] !== 'expand' || expandAt !== null;
}

/**
 * The hop after which every node has the release, the last one where some node stays behind, -1: all have it. While the
 * last stage is still judged it counts as under way: what it brought may yet be taken back.
 */
function hopAfter({ arrival }: PlacedMigration, { hops }: SchemaStepsInput): number {
  if (arrival === null) return -1;
  if (arrival.behind.length > 0) return hops.length - 1;
  const bakes = hops.every(({ placed }) => placed.length === 0) && hops.some(({ gates }) => gates.size > 0);
  return arrival.last === -1 && bakes ? hops.length - 1 : arrival.last;
}

/** Data of a migration come no earlier than those of what it comes after. */
function migratePlaces(input: SchemaStepsInput): ReadonlyMap<PlacedMigration, number> {
  const places = new Map<PlacedMigration, number>();
  for (const one of input.migrations) {
    if (!one.goesOn || !one.left.includes('migrate') || !isExpanded(one)) continue;
    places.set(one, Math.max(hopAfter(one, input), ...one.needs.map((need) => places.get(need) ?? -1)));
  }
  return places;
}

interface Place {
  readonly stage: number;
  readonly hop: number | undefined;
}

function placeOf({ placed, number }: HopSteps, side: 'before' | 'after'): Place {
  return { stage: placed.at(side === 'before' ? 0 : -1)?.stage ?? 1, hop: number };
}

function phaseStep(
  one: PlacedMigration,
  phase: SchemaPhase,
  needs: readonly string[],
  place: Place,
  making: Making,
): PlanStep {
  const { name, database, schemaVersion, digest, operations, release } = one.migration;
  const again = phase === 'migrate' ? one.again : null;
  const version = making.versions.get(one.database) ?? one.database.version;
  const after = phase === 'expand' ? schemaVersion : version;
  const params: SchemaParams = {
    migration: name,
    schemaVersion,
    digest,
    phase,
    operations: operationsIn(again === null ? operations : operations.filter((one) => 'backfill' in one), phase),
    graceMs: phase === 'contract' ? graceOf(operations) : 0,
    ...(release === null ? {} : { release }),
    ...(again === null ? {} : { again }),
  };
  const step = schemaStep({
    kind: `schema-${phase}`,
    database,
    params,
    before: { version, done: doneBefore(one, phase) },
    after: { version: after, done: phase },
    reason: reasonOf(one, params),
    needs: [...new Set(needs)],
    place,
  });
  making.versions.set(one.database, after);
  making.ids.set(`${phase} ${name}`, step.id);
  const isExpandedHere = idOf(one, 'expand', making).length > 0;
  making.origins.set(step.id, { phase, migration: one, isExpandedHere });
  return step;
}

/** The phase of what is left that comes before, else what is done already. */
function doneBefore({ left, done }: PlacedMigration, phase: SchemaPhase): SchemaPhase | null {
  return left[left.indexOf(phase) - 1] ?? done;
}

function reasonOf({ migration }: PlacedMigration, { phase, graceMs, schemaVersion, again }: SchemaParams): string {
  const { name, release } = migration;
  const has = release === null ? '' : describeRelease(release);
  switch (phase) {
    case 'expand':
      return release === null
        ? `${name} makes schema version ${schemaVersion}`
        : `${has} needs schema version ${schemaVersion}, made by ${name}`;
    case 'migrate':
      if (again !== undefined) return `an earlier version may have written since the data were migrated at ${again}`;
      return release === null ? `${name} is expanded by then` : `every node has ${has} by then`;
    case 'contract':
      return `nothing uses the old form any more${graceMs === 0 ? '' : `, after ${formatDuration(graceMs)} of grace`}`;
  }
}

function undoStep(
  { database, applied, release, operations }: PlacedUndo,
  needs: readonly string[],
  place: Place,
): PlanStep {
  const { migration, schemaVersion, digest, done } = applied;
  return schemaStep({
    kind: 'schema-undo',
    database,
    params: {
      migration,
      schemaVersion,
      digest,
      phase: done,
      operations,
      graceMs: 0,
      ...(release === null ? {} : { release }),
    },
    before: { version: schemaVersion, done },
    after: { version: schemaVersion - 1, done: null },
    reason: `the files no longer hold ${migration}`,
    needs,
    place,
  });
}

interface Draft {
  readonly kind: SchemaStepKind;
  readonly database: string;
  readonly params: SchemaParams;
  readonly before: SchemaState;
  readonly after: SchemaState;
  readonly reason: string;
  readonly needs: readonly string[];
  readonly place: Place;
}

function schemaStep({ kind, database, params, before, after, reason, needs, place: { stage, hop } }: Draft): PlanStep {
  const final = params.operations.filter(({ irreversible }) => irreversible !== undefined);
  const why = final.map(({ does, irreversible }) => `${does}: ${irreversible!}`).join('; ');
  const digest = shortDigest(digestJson([database, params, before, after]));
  return {
    id: `${database}/${kind.slice('schema-'.length)}/${digest}`,
    kind,
    target: `database/${database}`,
    before: { schema: before },
    after: { schema: after },
    reason,
    needs,
    stage,
    ...(hop === undefined ? {} : { hop }),
    ...(why === '' ? {} : { irreversible: { why } }),
    params: { ...params } as unknown as JsonObject,
  };
}
