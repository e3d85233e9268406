import type { LintRule } from '../rule.ts';
import { treeOf } from '../sql/tree.ts';

/** Themis writes down what it did in the transaction that does it: one that ends earlier happens twice, or half. */
export const transactionControl: LintRule = {
  code: 'THM7220',
  name: 'transaction-control',
  severity: 'error',
  isFact: true,
  *check({ statements }) {
    for (const { node, operation } of statements) {
      const kind = treeOf(node, 'TransactionStmt')?.kind;
      if (kind === undefined) continue;
      const words = kind.replace('TRANS_STMT_', '').replaceAll('_', ' ');
      yield {
        operation,
        summary: `${words} takes the transaction out of Themis's hands, which records in it that the operation was done.`,
        fix: 'Remove it; write an operation for each transaction.',
      };
    }
  },
};
