import type { LintRule } from '../rule.ts';
import { lastName, nodesOf, treeOf } from '../sql/tree.ts';

/** What a block of code does shows when it runs. */
export const opaqueCode: LintRule = {
  code: 'THM7229',
  name: 'opaque-code',
  severity: 'info',
  *check({ statements }) {
    for (const { node, operation } of statements) {
      const call = treeOf(node, 'CallStmt');
      const what =
        treeOf(node, 'DoStmt') !== undefined
          ? 'A DO block'
          : call === undefined
            ? undefined
            : `Procedure ${lastName([...nodesOf(node, 'FuncCall')][0]?.funcname)}`;
      if (what === undefined) continue;
      yield {
        operation,
        summary: `${what} is not looked into: no rule says anything about what it does.`,
        fix: 'Write its statements one by one where they need no code.',
      };
    }
  },
};
