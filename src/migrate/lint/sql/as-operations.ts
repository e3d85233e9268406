/** Statements as the operations that do the same: by the converter, so that nothing of them is lost in a fix. */
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { hasErrors } from '../../../kernel/finding.ts';
import type { Operation } from '../../../model/documents.ts';
import type { SqlNode, SqlParser } from '../../../ports/schema/sql-parser.ts';
import { convertScript } from '../../convert/convert.ts';
import { asOperation } from '../as-operation.ts';

/** Undefined where no operations say all of it. */
export function asOperations(sql: SqlParser, node: SqlNode): readonly [Operation, ...Operation[]] | undefined {
  const text = sql.deparse(node);
  // What the writer of SQL does not know it leaves out.
  if (text === undefined || !reads(sql, text, node)) return undefined;
  const { operations, findings } = convertScript({ path: '', text }, sql);
  const [first, ...rest] = operations.map(({ operation }) => operation);
  if (first === undefined || hasErrors(findings)) return undefined;
  return [first, ...rest].some(({ rawSql }) => rawSql !== undefined) ? undefined : [first, ...rest];
}

function reads(sql: SqlParser, text: string, node: SqlNode): boolean {
  const parsed = sql.parse(text);
  if ('message' in parsed || parsed.statements.length !== 1) return false;
  return canonicalJson(withoutPlaces(parsed.statements[0]!.node)) === canonicalJson(withoutPlaces(node));
}

function withoutPlaces(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withoutPlaces);
  if (typeof tree !== 'object' || tree === null) return tree;
  const fields = Object.entries(tree).filter(([name]) => !name.endsWith('location'));
  return Object.fromEntries(fields.map(([name, value]) => [name, withoutPlaces(value)]));
}

/** `a` and `b`, to be copied. */
export function writtenOperations(operations: readonly Operation[]): string {
  return operations.map(asOperation).join(' and ');
}
