/**
 * A rule of lint: one thing about a migration that hurts a database in use, or a release beside another. Rules are pure and
 * see the whole migration; what they say nothing about is none of their business. Whether an operation can be done at all
 * is for the operation to say (`Refusal`), not for them.
 */
import type { FindingCode, Severity, SourceSpan } from '../../kernel/finding.ts';
import type { Catalog, CatalogTable } from '../../model/schema/catalog.ts';
import type { DatabaseEngine } from '../../model/schema/database.ts';
import type { Operation } from '../../model/documents.ts';
import type { NamedIn } from '../../model/schema/schema-step.ts';
import type { SqlParser } from '../../ports/schema/sql-parser.ts';
import type { OperationKind, ParamsOf } from '../operation.ts';
import type { LintRates, Work } from './estimate.ts';
import type { AlterCommand, RawScript, RawStatement } from './sql/scripts.ts';
import type { QueryReads } from './sql/query-reads.ts';

export interface LintInput {
  readonly migration: string;
  readonly schemaVersion: number;
  /** Whether it names a release: without one, contract waits for nothing but grace. */
  readonly bound: boolean;
  readonly onFailure: 'rollback' | 'pause';
  readonly operations: readonly Operation[];
  readonly probes: { readonly running: readonly LintProbe[]; readonly next: readonly LintProbe[] };
  /** Of the migration. */
  readonly place?: SourceSpan | undefined;
  /** Of each operation, by its index. */
  readonly places?: readonly (SourceSpan | undefined)[];
  /** Null where the database was not asked. */
  readonly catalog: Catalog | null;
  readonly rates: LintRates;
  readonly engine: DatabaseEngine;
  readonly sql: SqlParser;
}

export interface LintProbe {
  readonly name: string;
  readonly sql: string;
  /** The release that lists it needs a later migration too: what it reads need not be there after this one. */
  readonly needsLater?: boolean;
}

export interface LintRule {
  readonly code: FindingCode;
  readonly name: string;
  /** Of a problem that does not say otherwise. */
  readonly severity: Severity;
  /** Hurts only those who use the database at the same time: a note where its engine has one session. */
  readonly concerns?: 'others';
  /** No review makes it right: it fails, or breaks what Themis relies on. */
  readonly isFact?: true;
  check(world: LintWorld): Iterable<LintProblem>;
}

export interface LintProblem {
  /** Index of the operation; undefined: the migration as a whole. */
  readonly operation: number | undefined;
  readonly severity?: Severity;
  readonly summary: string;
  /** The same done safely. */
  readonly fix: string;
  readonly details?: readonly string[];
  /** Whose size and time belong to it. */
  readonly cost?: Cost;
}

export interface Cost {
  readonly table: NamedIn;
  /** As it is written; undefined: it takes no time that grows with the table. */
  readonly work?: Work;
  /** Whom it keeps out meanwhile. */
  readonly blocks?: 'writers' | 'everybody';
  /** Of the safe way. */
  readonly online?: Work;
}

export type LintOperation = {
  readonly [Kind in OperationKind]: { readonly kind: Kind; readonly index: number; readonly params: ParamsOf<Kind> };
}[OperationKind];

/** A migration as rules look at it. */
export interface LintWorld extends Omit<LintInput, 'operations' | 'probes'> {
  readonly operations: readonly LintOperation[];
  readonly probes: { readonly running: readonly ProbeReads[]; readonly next: readonly ProbeReads[] };
  readonly scripts: readonly RawScript[];
  /** Of all scripts, in order. */
  readonly statements: readonly RawStatement[];
  /** What their ALTER TABLE statements are made of. */
  readonly alters: readonly AlterCommand[];
  /** By the name it has in the catalog or was given in this migration. */
  readonly table: (name: NamedIn) => CatalogTable | undefined;
  /** Created by an operation up to this one: there is nothing in it yet, and nobody uses it. */
  readonly isNew: (table: NamedIn, operation: number) => boolean;
}

export interface ProbeReads extends LintProbe {
  readonly reads: QueryReads;
}
