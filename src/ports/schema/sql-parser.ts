import type { Node } from 'libpg-query';
import type { TextRange } from '../../kernel/document/source-text.ts';

/** The tree that PostgreSQL's own grammar makes of a statement: `{ AlterTableStmt: {...} }`. */
export type SqlNode = Node;

/**
 * Reads SQL as PostgreSQL does, without a server: names are not looked up. Throws nothing on any text. Offsets are UTF-16
 * units from 0, except inside of trees: there `location` counts bytes, and `offsetOf` says which unit that is.
 */
export interface SqlParser {
  parse(sql: string): ParsedSql | SqlFailure;
  /** SQL of a tree; undefined where it is not known how to write it. */
  deparse(node: SqlNode): string | undefined;
}

export interface ParsedSql {
  readonly statements: readonly ParsedStatement[];
  /** Of the whole text, without comments, by place. */
  readonly tokens: readonly SqlToken[];
  readonly offsetOf: (location: number) => number;
}

export interface ParsedStatement {
  readonly node: SqlNode;
  /** From its first token to its last, without the semicolon. */
  readonly range: TextRange;
}

export interface SqlToken {
  readonly start: number;
  /** After its last unit. */
  readonly end: number;
  readonly kind: 'name' | 'text' | 'other';
  /** As written; a name as the database shows it: folded, or without its quotes. */
  readonly value: string;
}

/** Where it stops being SQL. */
export interface SqlFailure {
  readonly message: string;
  readonly offset: number;
}
