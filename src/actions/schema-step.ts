/**
 * What the schema actions share: their parameters, and the instruction of a phase. Pure: everything comes from the step
 * as it stands in the plan file. Of the operations a plan holds what people review; what is carried out is what the
 * migration's digest stands for.
 */
import type { Digest } from '../kernel/digest.ts';
import { schemaPhases, type SchemaPhase } from '../model/schema/database.ts';
import type { ReleaseRanges } from '../model/desired.ts';
import type { PlanStep } from '../model/plan.ts';
import type { Instruction } from './instruction.ts';

/** Params of `schema-expand`, `schema-migrate`, `schema-contract` and `schema-undo`. */
export interface SchemaParams {
  readonly migration: string;
  /** After the migration. */
  readonly schemaVersion: number;
  /** Of its operations. */
  readonly digest: Digest;
  /** Which the step carries out; of an undo the furthest that is done. */
  readonly phase: SchemaPhase;
  /** Those with a part in the phase, or that are taken back, in order. */
  readonly operations: readonly DescribedOperation[];
  /** Of a contract: how long after the last node has the release; else 0. */
  readonly graceMs: number;
  /**
   * Which every node of the fleet has to report before a migrate or contract, and none before an undo; absent: the
   * migration waits for no release.
   */
  readonly release?: ReleaseRanges;
  /** Columns that were filled until then are filled once more: a node has had an earlier version since. */
  readonly again?: string;
}

export interface DescribedOperation {
  /** `drops column phone of users`. */
  readonly does: string;
  /** Why nothing takes it back once this step is done; absent: something does. */
  readonly irreversible?: string;
}

export const schemaParamsSchema = {
  type: 'object',
  required: ['migration', 'schemaVersion', 'digest', 'phase', 'operations', 'graceMs'],
  properties: {
    migration: { type: 'string', minLength: 1 },
    schemaVersion: { type: 'integer', minimum: 1 },
    digest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
    phase: { enum: ['expand', 'migrate', 'contract'] },
    operations: {
      type: 'array',
      items: {
        type: 'object',
        required: ['does'],
        properties: { does: { type: 'string', minLength: 1 }, irreversible: { type: 'string' } },
      },
    },
    graceMs: { type: 'integer', minimum: 0 },
    release: { type: 'object', additionalProperties: { type: 'string', minLength: 1 } },
    again: { type: 'string', minLength: 1 },
  },
} as const;

/** The params of a step are checked against the schema of its kind when a plan is read. */
export function schemaParams(step: PlanStep): SchemaParams {
  return step.params as unknown as SchemaParams;
}

export function isSchemaStep({ kind }: PlanStep): boolean {
  return kind.startsWith('schema-');
}

export function databaseOf(step: PlanStep): string {
  return step.target.slice('database/'.length);
}

/**
 * The phase of the step, and before it those since the last one that is done: no operation has anything to do in them,
 * and the database keeps all phases in order.
 */
export function phaseInstructions(step: PlanStep): readonly Instruction[] {
  const { migration, phase, again } = schemaParams(step);
  const database = databaseOf(step);
  const done = step.before.schema?.done ?? null;
  const first = done === null ? 0 : schemaPhases.indexOf(done) + 1;
  return schemaPhases
    .slice(first, schemaPhases.indexOf(phase) + 1)
    .map((one) => ({ kind: 'schema', database, migration, phase: one, ...(again === undefined ? {} : { again }) }));
}

export function undoInstructions(step: PlanStep): readonly Instruction[] {
  return [{ kind: 'schema-undo', database: databaseOf(step), migration: schemaParams(step).migration }];
}

const shownOperations = 3;

/** `adds column phone to users, drops index idx_old and 2 more`. */
export function describeOperations({ operations }: SchemaParams): string {
  const words = operations.map(({ does }) => does);
  if (words.length === 0) return 'nothing';
  if (words.length <= shownOperations + 1) return words.join(', ');
  return `${words.slice(0, shownOperations).join(', ')} and ${words.length - shownOperations} more`;
}
