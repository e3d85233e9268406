/** The SQL of `rawSql` operations, read: statements with where they stand, and the commands of ALTER TABLE one by one. */
import { relationOf } from '../../convert/tree.ts';
import type { SchemaPhase } from '../../../model/schema/database.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { SqlFailure, SqlNode, SqlParser, SqlToken } from '../../../ports/schema/sql-parser.ts';
import type { ParamsOf } from '../../operation.ts';
import { secretsIn, type SecretPlace } from '../../sql/secrets.ts';
import { reviewsIn, type Review } from './reviewed.ts';
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
  /** Of what it runs and of what takes it back. */
  readonly secrets: readonly SecretPlace[];
  readonly reviews: readonly Review[];
}

export interface RawStatement {
  readonly operation: number;
  readonly phase: SchemaPhase;
  readonly transactional: boolean;
  readonly node: SqlNode;
}

export interface AlterCommand {
  readonly statement: RawStatement;
  readonly table: NamedIn;
  readonly command: TreeOf<'AlterTableCmd'>;
  /** A statement with this command alone. */
  readonly alone: SqlNode;
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
    statements: found.map(({ node }) => ({ operation, phase, transactional, node })),
    tokens: 'statements' in parsed ? parsed.tokens : [],
    failure: 'statements' in parsed ? undefined : parsed,
    reviews: 'statements' in parsed ? reviewsIn(params.up, parsed) : [],
    secrets: [parsed, ...(params.down === undefined ? [] : [sql.parse(params.down)])].flatMap((one) =>
      'statements' in one ? secretsIn(one) : [],
    ),
  };
}

export function alterCommands(statements: readonly RawStatement[]): readonly AlterCommand[] {
  return statements.flatMap((statement) => {
    const alter = treeOf(statement.node, 'AlterTableStmt');
    // The same statement alters indexes, views and types.
    if (alter?.objtype !== 'OBJECT_TABLE') return [];
    const table = relationOf(alter.relation);
    return (alter.cmds ?? []).flatMap((node) => {
      const command = treeOf(node, 'AlterTableCmd');
      return command === undefined
        ? []
        : [{ statement, table, command, alone: { AlterTableStmt: { ...alter, cmds: [node] } } }];
    });
  });
}
