import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import type { ParamsOf } from '../../operation.ts';
import type { LintProblem, LintRule, LintWorld } from '../rule.ts';
import { showText } from '../show-text.ts';
import { readExpression } from '../sql/expression.ts';
import { lastName, nodesOf, objectsIn, treeOf } from '../sql/tree.ts';
import { volatileCall } from '../sql/volatility.ts';

/** A backfill that is undone and done again, or cut off and taken up, has to end at the same values. */
export const backfillRepeat: LintRule = {
  code: 'THM7239',
  name: 'backfill-repeat',
  severity: 'error',
  *check(world) {
    for (const { kind, index, params } of world.operations) {
      if (kind === 'backfill') yield* repeated(world, index, params);
    }
  },
};

function* repeated(
  { sql, catalog }: LintWorld,
  operation: number,
  params: ParamsOf<'backfill'>,
): Generator<LintProblem> {
  const written = Object.keys(params.set);
  const once = params.where !== undefined && leavesOut(readExpression(sql, params.where), written);
  for (const [column, text] of Object.entries(params.set)) {
    const expression = readExpression(sql, text);
    const own = once ? undefined : changedBy(expression, column, written);
    if (own !== undefined) {
      yield {
        operation,
        summary: `${column} becomes ${showText(text)}, which gives another value when a row is filled twice.`,
        fix: `Compute it from columns that are not filled, or add "where: ${column} IS NULL".`,
      };
    }
    const call = volatileCall(expression, catalog);
    if (call === undefined) continue;
    yield {
      operation,
      severity: once ? 'info' : 'warning',
      summary: `${column} becomes ${showText(text)}, and ${call}() may give another value every time.`,
      fix: once
        ? 'Make sure that any of its values will do.'
        : `Add "where: ${column} IS NULL", so that no row is filled twice.`,
    };
  }
}

/** Rows that were filled are not found again: it asks for NULL in a column that is filled. */
function leavesOut(where: SqlNode | undefined, written: readonly string[]): boolean {
  return [...nodesOf(where, 'NullTest')].some(
    ({ nulltesttype, arg }) =>
      nulltesttype === 'IS_NULL' && written.includes(lastName(treeOf(arg, 'ColumnRef')?.fields)),
  );
}

/** f(f(x)) = f(x) */
const idempotent = new Set(['lower', 'upper', 'btrim', 'ltrim', 'rtrim', 'initcap', 'abs', 'round', 'floor', 'ceil']);

/** A column that is filled and that the value comes from, other than by what does no more the second time. */
function changedBy(expression: SqlNode | undefined, column: string, written: readonly string[]): string | undefined {
  const read = [...nodesOf(expression, 'ColumnRef')].map(({ fields }) => lastName(fields));
  const other = read.find((name) => name !== column && written.includes(name));
  if (other !== undefined) return other;
  return read.includes(column) && !settles(expression) ? column : undefined;
}

function settles(expression: SqlNode | undefined): boolean {
  for (const node of objectsIn(expression)) {
    if ('FuncCall' in node && !idempotent.has(lastName(treeOf(node as SqlNode, 'FuncCall')?.funcname))) return false;
    if ('A_Expr' in node || 'CaseExpr' in node || 'SubLink' in node) return false;
  }
  return true;
}
