/**
 * A schema operation: pure. It says what it does, when, and how much that disturbs, and yields its steps against the
 * catalog as it is when their phase begins. Its parameters have passed the schema of Migration; what only the catalog can
 * tell (no such table, a view in the way) is refused as data, before the first effect.
 */
import type { Finding } from '../kernel/finding.ts';
import type { Catalog } from '../model/schema/catalog.ts';
import type { DatabaseEngine, SchemaPhase } from '../model/schema/database.ts';
import type { Operation } from '../model/documents.ts';
import type { LockLevel, SchemaStep } from '../model/schema/schema-step.ts';

export type OperationKind = keyof Operation;
export type ParamsOf<Kind extends OperationKind> = NonNullable<Operation[Kind]>;

export interface SchemaOperation<Kind extends OperationKind> {
  readonly kind: Kind;
  /** What is known without a database: for the plan, for lint, for people. */
  traits(params: ParamsOf<Kind>): OperationTraits;
  /** `adds column phone_number to users`. */
  describe(params: ParamsOf<Kind>): string;
  /** Of one phase, in order; empty where it has nothing to do in it. */
  steps(params: ParamsOf<Kind>, phase: SchemaPhase, world: OperationWorld): readonly StepDraft[] | Refusal;
}

export interface OperationTraits {
  /** In which it may have steps, in order. */
  readonly phases: readonly SchemaPhase[];
  /** False: a part of it runs outside of a transaction, in several steps or batches. */
  readonly transactional: boolean;
  /** What takes it back, for people: `drops the column`; or why nothing can. */
  readonly inverse:
    | { readonly kind: 'inverse'; readonly describe: string }
    | { readonly kind: 'irreversible'; readonly why: string };
  /** Copies or fills every row. */
  readonly rewrites: boolean;
  /** The strongest that it takes. */
  readonly lock: LockLevel;
  /** What is dropped waits so long after the last node has the release. */
  readonly graceMs: number;
  /** `schema.table` that it touches, as far as the parameters say. */
  readonly tables: readonly string[];
}

export interface OperationWorld {
  /** As it is now, without what Themis hides. */
  readonly catalog: Catalog;
  readonly engine: DatabaseEngine;
  /** 180004 for 18.4. */
  readonly serverVersionNumber: number;
  /** A name that Themis hides from the catalog: of this operation, the same every time, at most 63 bytes. */
  hidden(purpose: string): string;
}

/** `key` is unique in its operation and phase. */
export type StepDraft = Omit<SchemaStep, 'id' | 'phase' | 'operation'> & { readonly key: string };

export interface Refusal {
  readonly refused: Pick<Finding, 'code' | 'summary' | 'fix'>;
}

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}
