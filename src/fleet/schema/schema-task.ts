/**
 * One schema step of a plan in hand: journal, carry out in the database, journal. The database's own record says how far
 * it is, so what is cut off here is simply begun again. What the fleet's journal keeps is only that it began and ended.
 */
import { databaseOf, schemaParams } from '../../actions/schema-step.ts';
import type { Instruction } from '../../actions/instruction.ts';
import { expandOperation } from '../../migrate/expand.ts';
import { isErrorCode, retryOf, ThemisError, toFailure } from '../../kernel/error.ts';
import type { Failure, Outcome } from '../../kernel/outcome.ts';
import type { ObservedNode } from '../../model/observed.ts';
import type { DesiredDatabase, DesiredMigration } from '../../model/desired.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { SchemaWork } from '../../model/rollout-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SqlParser } from '../../ports/schema/sql-parser.ts';
import type { Database } from '../../ports/schema/database.ts';
import type { SchemaPlugins } from '../../ports/schema/schema-plugins.ts';
import { releaseProbesOf, type ManifestOf, type ReleaseProbes } from '../../plan/schema/release-probes.ts';
import { releasesAround } from '../../plan/schema/releases-around.ts';
import type { JournalWriter } from '../execute/journal-writer.ts';
import type { ExecutionRequest } from '../execute/request.ts';
import type { Stepper } from '../execute/step.ts';
import { momentOf } from '../now.ts';
import { catalogReader } from './catalog-reader.ts';
import { objectionOf, waitsForNodes } from './nodes-allow.ts';
import type { SchemaEvent } from '../../model/schema/schema-event.ts';
import type { SchemaParts, SchemaRunResult } from './request.ts';
import { checkPlugins } from './of-plugin.ts';
import { probesOf } from './probes/probes-at.ts';
import { refuseReaders } from './probes/refuse-readers.ts';
import { rehearse } from './probes/rehearse.ts';
import { verifyLive } from './probes/verify-live.ts';
import { runPhase } from './run-phase.ts';
import { undoMigration } from './undo-migration.ts';

/** How an execution reaches the databases of its fleet. */
export interface FleetSchemas {
  readonly databases: readonly DesiredDatabase[];
  readonly migrations: readonly DesiredMigration[];
  /** Throws what `openDatabase` throws; whoever opened it closes it. */
  open(database: DesiredDatabase): Promise<Database>;
  /** Of the releases that nodes run or get. Throws what the source of releases throws. */
  manifests(): Promise<ManifestOf>;
  openParser(): Promise<SqlParser>;
  /** An empty one that nobody else knows, gone when it is closed. */
  openScratch(): Promise<Database>;
  readonly plugins: SchemaPlugins;
  /** At least 0, below 1. */
  readonly random: () => number;
}

export interface SchemaTaskWorld {
  readonly request: ExecutionRequest;
  /** Its id. */
  readonly store: string;
  readonly schemas: FleetSchemas;
  readonly stepper: Stepper;
  readonly journal: JournalWriter;
  readonly clock: Clock;
  /** Every node of the fleet, as it is now. Throws CANCELLED when aborted. */
  readonly look: (signal: AbortSignal) => Promise<readonly ObservedNode[]>;
  readonly measured: (work: SchemaWork, durationMs: number) => void;
}

export class SchemaTask {
  readonly #world: SchemaTaskWorld;
  readonly #steps: ReadonlyMap<string, PlanStep>;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(world: SchemaTaskWorld) {
    this.#world = world;
    this.#steps = new Map(world.request.plan.steps.map((step) => [step.id, step]));
  }

  /** What is under way ends at its next statement or batch, and goes on from there in another run. */
  stop(): void {
    this.#stop.abort();
  }

  /** Nothing is under way any more. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Throws FENCED, bugs, and what the store throws. */
  run(id: string): Promise<void> {
    const running = this.#carryOut(this.#steps.get(id)!);
    this.#running.add(running);
    void running.then(
      () => this.#running.delete(running),
      () => this.#running.delete(running),
    );
    return running;
  }

  async #carryOut(step: PlanStep): Promise<void> {
    const { request, stepper, journal, clock, measured } = this.#world;
    const { id, target, kind, stage } = step;
    const objection = await this.#objection(step);
    if (objection === 'later') return;
    if (!(await journal.write({ step: id, event: 'begin' }, () => stepper.mayBegin(id)))) {
      stepper.release(id);
      return;
    }
    const hop = step.hop === undefined ? {} : { hop: step.hop };
    const direction = 'forward';
    request.emit({ type: 'step-started', step: id, target, kind, stage, ...hop, direction });
    const startedMs = clock.steadyMs();
    const ended = objection ?? (await this.#inDatabase(step).catch((error: unknown) => this.#notEnded(step, error)));
    if (ended === undefined) {
      stepper.release(id);
      return;
    }
    const durationMs = clock.steadyMs() - startedMs;
    await journal.write({ step: id, ...entryOf(ended) });
    if (ended.kind === 'done') measured(kind === 'schema-undo' ? 'undo' : schemaParams(step).phase, durationMs);
    const outcome: Outcome =
      ended.kind === 'failed' ? { kind: 'failed', failure: ended.failure } : { kind: ended.kind };
    request.emit({ type: 'step-finished', step: id, target, ...hop, outcome, durationMs, direction });
  }

  /** What the nodes have against it; `later`: it is back in the line. */
  async #objection(step: PlanStep): Promise<Ended | 'later' | undefined> {
    const { request, stepper, clock, look } = this.#world;
    if (!waitsForNodes(step)) return undefined;
    const { id } = step;
    let nodes: readonly ObservedNode[];
    try {
      nodes = await look(this.#stop.signal);
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
      stepper.release(id);
      return 'later';
    }
    const objection = objectionOf(step, nodes, request.record, clock.nowMs());
    if (objection === null) return undefined;
    if (objection.kind === 'silent' && stepper.notNow(id, momentOf(clock))) return 'later';
    const asBefore = !stepper.isInDoubt(id);
    return { kind: 'failed', failure: toFailure(stale(objection.message)), asBefore, refused: true };
  }

  /** undefined: it is still open there, and nothing more starts here. */
  #notEnded(step: PlanStep, error: unknown): Ended | undefined {
    if (!(error instanceof ThemisError) || error.code === 'FENCED' || error.code === 'BUG') throw error;
    if (this.#stop.signal.aborted && error.code === 'CANCELLED') return undefined;
    const failure = toFailure(error);
    if (isErrorCode(error.code) && (retryOf(error.code) === 'backoff' || error.code === 'NO_SPACE')) {
      this.#world.stepper.stop({ kind: 'lost', step: step.id, failure });
      return undefined;
    }
    return { kind: 'failed', failure, asBefore: true, refused: true };
  }

  async #inDatabase(step: PlanStep): Promise<Ended> {
    const { schemas, request } = this.#world;
    const name = databaseOf(step);
    const desired = schemas.databases.find((one) => one.name === name);
    if (desired === undefined) throw stale(`database ${name} is no longer in the fleet directory`);
    const database = await schemas.open(desired);
    try {
      let isChanged = false;
      for (const instruction of request.actions(step).instructions(step)) {
        const result = await this.#perform(step, instruction, desired, database);
        if (result.outcome === 'undone' || result.outcome === 'stuck') {
          return { kind: 'failed', failure: result.failure!, asBefore: result.outcome === 'undone', refused: false };
        }
        isChanged ||= result.outcome === 'done';
      }
      return { kind: isChanged ? 'done' : 'unchanged' };
    } finally {
      await database.close();
    }
  }

  async #perform(
    step: PlanStep,
    instruction: Instruction,
    desired: DesiredDatabase,
    database: Database,
  ): Promise<SchemaRunResult> {
    const parts = this.#partsOf(step, desired, database);
    switch (instruction.kind) {
      case 'schema': {
        const migration = this.#migrationOf(step);
        const { phase, again } = instruction;
        if (phase === 'migrate') return await runPhase({ ...parts, migration, phase, ...(again && { again }) });
        const sent = await this.#sentBy(step, migration);
        if (phase === 'contract') {
          await refuseReaders(parts, migration, sent, () => this.#world.schemas.openParser());
          return await runPhase({ ...parts, migration, phase });
        }
        await checkPlugins(parts, migration);
        const listed = [...probesOf(migration, isReleased(step) ? 'everywhere' : 'nowhere'), ...sent.probes];
        const openScratch = async (): Promise<Database> => await this.#world.schemas.openScratch();
        const probes = await rehearse({ parts, migration, probes: listed, unknown: sent.unknown, openScratch });
        if (probes.length === 0) return await runPhase({ ...parts, migration, phase });
        return await runPhase({ ...parts, migration, phase, verify: verifyLive(probes, parts.settings) });
      }
      case 'schema-undo':
        return await undoMigration({ ...parts, migration: instruction.migration });
      default:
        throw new ThemisError('BUG', `instruction ${instruction.kind} is none of a database`);
    }
  }

  /** Queries of the releases themselves, and what cannot be known of them. */
  async #sentBy(step: PlanStep, migration: DesiredMigration): Promise<Pick<ReleaseProbes, 'probes' | 'unknown'>> {
    const { request, schemas } = this.#world;
    try {
      const around = releasesAround(request.plan, request.observed, step);
      return releaseProbesOf(migration, schemas.migrations, around, await schemas.manifests());
    } catch (error) {
      if (!(error instanceof ThemisError) || error.code === 'BUG') throw error;
      return { probes: [], unknown: [`any release: ${error.message}`] };
    }
  }

  /** The file whose operations were reviewed. */
  #migrationOf(step: PlanStep): DesiredMigration {
    const { migration: name, digest } = schemaParams(step);
    const found = this.#world.schemas.migrations.find((one) => one.name === name);
    if (found?.digest === digest) return found;
    throw stale(`migration ${name} is ${found === undefined ? 'no longer in the fleet directory' : 'another by now'}`);
  }

  #partsOf(step: PlanStep, { lockTimeoutMs, statementTimeoutMs }: DesiredDatabase, database: Database): SchemaParts {
    const { request, schemas, clock } = this.#world;
    return {
      database,
      authority: { store: this.#world.store, token: request.token, by: request.header.by },
      settings: { lockTimeoutMs, statementTimeoutMs },
      clock,
      random: schemas.random,
      signal: this.#stop.signal,
      emit: (event) => this.#tell(step, event),
      plugins: schemas.plugins,
      catalogs: catalogReader,
      expand: expandOperation,
    };
  }

  #tell({ id, target }: PlanStep, event: SchemaEvent): void {
    this.#world.request.emit({ type: 'schema', step: id, target, event });
  }
}

type Ended =
  | { readonly kind: 'done' | 'unchanged' }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly asBefore: boolean; readonly refused: boolean };

function entryOf(ended: Ended) {
  if (ended.kind !== 'failed') return { event: ended.kind };
  const { failure, asBefore, refused } = ended;
  return { event: 'failed', failure, detail: { asBefore, refused } } as const;
}

/** Its expand had nothing to do, and is made good now that every node has the release. */
function isReleased(step: PlanStep): boolean {
  return schemaParams(step).phase !== 'expand';
}

function stale(message: string): ThemisError {
  return new ThemisError('STALE_PLAN', message, { hint: 'plan again' });
}
