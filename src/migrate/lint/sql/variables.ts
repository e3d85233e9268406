/** Settings that a statement changes, by SET, RESET or `set_config`. */
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import { lastName, nodesOf, treeOf } from './tree.ts';

export interface VariableSet {
  /** In small letters; `all` of RESET ALL. */
  readonly name: string;
  /** undefined: its default, or nobody knows. */
  readonly value: string | undefined;
  /** Until the end of the transaction. */
  readonly local: boolean;
}

export function variablesSet(node: SqlNode): readonly VariableSet[] {
  const set = treeOf(node, 'VariableSetStmt');
  if (set !== undefined) {
    // SET TRANSACTION and its like are over with the transaction.
    if (set.kind === 'VAR_SET_MULTI') return [];
    const name = set.kind === 'VAR_RESET_ALL' ? 'all' : (set.name ?? '').toLowerCase();
    return [{ name, value: constant(set.args?.[0]), local: set.is_local === true }];
  }
  return [...nodesOf(node, 'FuncCall')].flatMap(({ funcname, args = [] }) => {
    const name = lastName(funcname) === 'set_config' ? constant(args[0]) : undefined;
    if (name === undefined) return [];
    return [
      {
        name: name.toLowerCase(),
        value: constant(args[1]),
        local: treeOf(args[2], 'A_Const')?.boolval?.boolval === true,
      },
    ];
  });
}

function constant(node: SqlNode | undefined): string | undefined {
  const value = treeOf(node, 'A_Const');
  if (value === undefined) return undefined;
  if (value.sval !== undefined) return value.sval.sval ?? '';
  if (value.ival !== undefined) return String(value.ival.ival ?? 0);
  return value.boolval === undefined ? value.fval?.fval : String(value.boolval.boolval ?? false);
}
