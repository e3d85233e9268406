/** What a script becomes, before the order of its phases is looked at. */
import type { FindingCode, Severity } from '../../kernel/finding.ts';
import type { Operation } from '../../model/documents.ts';
import type { NamedIn } from '../../model/schema/schema-step.ts';
import type { SqlNode, SqlParser } from '../../ports/schema/sql-parser.ts';
import type { Known } from './known.ts';
import type { Piece } from './piece.ts';

/** One statement, or one command of an ALTER TABLE. */
export interface Unit {
  readonly node: SqlNode;
  readonly piece: Piece;
  /** It is about this table as well, though its own text may not say so. */
  readonly table?: NamedIn;
  /** The script makes that table. */
  readonly isOwn?: boolean;
}

export interface Draft {
  readonly unit: Unit;
  /** Comments and validations that follow in the script are put into it. */
  operation: Operation;
  /** Why there is no operation for it; of rawSql only. */
  readonly why?: string;
  /** Names that go when a rawSql of the contract phase has run. */
  readonly drops?: readonly string[];
  /** Of a rawSql: this table has another name afterwards. */
  readonly moves?: NamedIn;
}

export interface Note {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly summary: string;
  readonly fix: string;
  readonly piece: Piece;
}

/** What the converters of statements share: what the script has made so far, and the notes to its author. */
export interface World {
  readonly parser: SqlParser;
  readonly known: Known;
  /** What the script has set for the statements that follow. */
  readonly settings: Map<string, string>;
  note(note: Note): void;
}

export type RawSql = NonNullable<Operation['rawSql']>;
export type Undo = { readonly down: string } | { readonly irreversible: string };

export function raw(unit: Unit, up: string, why: string, undo: Undo, more: Partial<RawSql> = {}): Draft {
  return { unit, operation: { rawSql: { up, ...undo, ...more } }, why };
}

/** The one field that an operation has. */
export function kindOf(operation: Operation): keyof Operation {
  return Object.keys(operation)[0] as keyof Operation;
}

export function partNotKept(unit: Unit, summary: string, fix: string): Note {
  return { code: 'THM7304', severity: 'info', summary, fix, piece: unit.piece };
}

export function leftOut(unit: Unit, summary: string, fix: string): Note {
  return { code: 'THM7302', severity: 'info', summary, fix, piece: unit.piece };
}
