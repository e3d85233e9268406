import type { SqlNode, SqlParser } from '../../../ports/schema/sql-parser.ts';
import { asOperation } from '../as-operation.ts';
import type { LintProblem, LintRule } from '../rule.ts';
import { nodesOf, treeOf } from '../sql/tree.ts';

/** An inverse that takes nothing back is worse than none: undo reports that it is done. */
export const missingInverse: LintRule = {
  code: 'THM7233',
  name: 'missing-inverse',
  severity: 'warning',
  *check({ operations, sql }) {
    for (const { kind, index, params } of operations) {
      if (kind === 'rawSql' && params.down !== undefined) yield* inverseOf(sql, index, params.up, params.down);
      if (kind === 'backfill' && params.undo === undefined) {
        const set = Object.fromEntries(Object.keys(params.set).map((column) => [column, 'NULL']));
        yield {
          operation: index,
          summary: `The backfill of ${params.table} has no undo: what stood there before is not kept.`,
          fix: `Add ${asOperation({ backfill: { table: params.table, set: params.set, undo: set } })} where NULL was there before.`,
        };
      }
      if (kind === 'alterColumn' && params.using !== undefined && params.reverseUsing === undefined) {
        yield {
          operation: index,
          summary: `${params.table}.${params.column} gets its new value by an expression, and nothing says how the old one comes back.`,
          fix: 'Add reverseUsing: it keeps the old column right while both are there, and undo works.',
        };
      }
    }
  },
};

function* inverseOf(sql: SqlParser, operation: number, up: string, down: string): Generator<LintProblem> {
  const [there, back] = [wordsOf(sql, up), wordsOf(sql, down)];
  if (back === undefined || there === undefined) return;
  if (back !== '' && back !== there) return;
  yield {
    operation,
    summary: back === '' ? '"down" runs nothing, so undo takes nothing back.' : '"down" runs the same as "up".',
    fix: 'Write what takes it back, or say with "irreversible" why nothing can.',
  };
}

/** Without comments and blanks; undefined where it is no SQL. */
function wordsOf(sql: SqlParser, text: string): string | undefined {
  const parsed = sql.parse(text);
  if (!('statements' in parsed)) return undefined;
  const words = parsed.tokens.map(({ value }) => value).filter((value) => value !== ';');
  return parsed.statements.every(({ node }) => isIdle(node)) ? '' : words.join(' ');
}

/** SELECT 1 and its like stand where somebody had to write something; a sentence says why there is nothing to do. */
function isIdle(node: SqlNode): boolean {
  const select = treeOf(node, 'SelectStmt');
  if (select === undefined || select.fromClause !== undefined) return false;
  if (!nodesOf(node, 'FuncCall').next().done) return false;
  return ![...nodesOf(node, 'A_Const')].some(({ sval }) => sval?.sval?.includes(' '));
}
