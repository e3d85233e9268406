/** Expressions and types that stand in a document as text, read by the grammar. */
import type { SqlNode, SqlParser } from '../../../ports/schema/sql-parser.ts';
import { treeOf, type TreeOf } from './tree.ts';

/** Undefined where the text is no single expression. */
export function readExpression(sql: SqlParser, text: string): SqlNode | undefined {
  // On a line of its own, so that a comment at its end takes nothing with it.
  const list = selectedBy(sql, `SELECT (\n${text}\n)`);
  const [target] = list;
  return list.length === 1 ? treeOf(target, 'ResTarget')?.val : undefined;
}

/** Undefined where the text is no type. */
export function readType(sql: SqlParser, text: string): TreeOf<'TypeName'> | undefined {
  const list = selectedBy(sql, `SELECT CAST(NULL AS\n${text}\n)`);
  const [target] = list;
  return list.length === 1 ? treeOf(treeOf(target, 'ResTarget')?.val, 'TypeCast')?.typeName : undefined;
}

function selectedBy(sql: SqlParser, text: string): readonly SqlNode[] {
  const parsed = sql.parse(text);
  if (!('statements' in parsed) || parsed.statements.length !== 1) return [];
  const select = treeOf(parsed.statements[0]!.node, 'SelectStmt');
  // A text that closes the parenthesis and goes on is more than an expression.
  const plain = select !== undefined && select.fromClause === undefined && select.op === 'SETOP_NONE';
  return plain ? (select.targetList ?? []) : [];
}
