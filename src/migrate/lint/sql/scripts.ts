/** The SQL of `rawSql` operations, read: statements with where they stand, and the commands of ALTER TABLE one by one. */
import type { SchemaPhase } from '../../../model/database.ts';
import type { NamedIn } from '../../../model/schema-step.ts';
import type { SqlFailure, SqlNode, SqlParser, SqlToken } from '../../../ports/sql-parser.ts';
import type { ParamsOf } from '../../operation.ts';
import { tableOfRange } from './names.ts';
import { treeOf, type TreeOf } from './tree.ts';

export interface RawScript {
  readonly operation: number;
  readonly params: ParamsOf<'rawSql'>;
  readonly phase: SchemaPhase;
  /** In one transaction, whether it asks for it or sends several statements at once. */
  readonly transactional: boolean;
  readonly statements: readonly RawStatement[];
  /** As written, before anything cuts long names off. */
  readonly tokens: readonly SqlToken[];
  readonly failure: SqlFailure | undefined;
}

export interface RawStatement {
  readonly operation: number;
  readonly phase: SchemaPhase;
  readonly transactional: boolean;
  /** In its script, from 0. */
  readonly position: number;
  readonly node: SqlNode;
  readonly text: string;
}

export interface AlterCommand {
  readonly statement: RawStatement;
  readonly table: NamedIn;
  readonly command: TreeOf<'AlterTableCmd'>;
}

export function readScript(sql: SqlParser, operation: number, params: ParamsOf<'rawSql'>): RawScript {
  const parsed = sql.parse(params.up);
  const found = 'statements' in parsed ? parsed.statements : [];
  const phase = params.phase ?? 'expand';
  const transactional = params.transactional !== false || found.length > 1;
  return {
    operation,
    params,
    phase,
    transactional,
    statements: found.map(({ node, range }, position) => {
      const text = params.up.slice(range.offset, range.offset + range.length);
      return { operation, phase, transactional, position, node, text };
    }),
    tokens: 'statements' in parsed ? parsed.tokens : [],
    failure: 'statements' in parsed ? undefined : parsed,
  };
}

export function alterCommands(statements: readonly RawStatement[]): readonly AlterCommand[] {
  return statements.flatMap((statement) => {
    const alter = treeOf(statement.node, 'AlterTableStmt');
    // The same statement alters indexes, views and types.
    if (alter?.objtype !== 'OBJECT_TABLE') return [];
    const table = tableOfRange(alter.relation);
    return (alter.cmds ?? []).flatMap((node) => {
      const command = treeOf(node, 'AlterTableCmd');
      return command === undefined ? [] : [{ statement, table, command }];
    });
  });
}

/** `CREATE INDEX i ON users…` for a summary. */
export function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/gu, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
