import { namedIn, namesOf, relationOf } from '../../convert/tree.ts';
import { writtenOperations } from '../sql/as-operations.ts';
import type { LintProblem, LintRule, LintWorld } from '../rule.ts';
import { addedConstraints, constraintOperations, type AddedConstraint } from '../sql/constraint.ts';
import { sameTable, writtenName } from '../sql/names.ts';
import { addedColumn, defaultExpressionOf } from '../sql/column.ts';
import type { AlterCommand } from '../sql/scripts.ts';
import { treeOf } from '../sql/tree.ts';

/** A check or foreign key without NOT VALID reads the whole table under its lock. */
export const addConstraint: LintRule = {
  code: 'THM7209',
  name: 'add-constraint',
  severity: 'error',
  concerns: 'others',
  *check(world) {
    const { alters, statements, isNew } = world;
    const added = addedConstraints(alters).filter(({ table, operation }) => !isNew(table, operation));
    for (const one of added) {
      const { contype, skip_validation: later } = one.constraint;
      const isRead = contype === 'CONSTR_CHECK' || (contype === 'CONSTR_FOREIGN' && !isOfNulls(alters, one));
      if (later !== true && isRead) yield unsafe(world, one);
    }
    for (const { command, table, statement } of alters) {
      if (command.subtype !== 'AT_ValidateConstraint' || !statement.transactional) continue;
      const own = added.find(
        (one) =>
          one.operation === statement.operation &&
          one.constraint.conname === command.name &&
          sameTable(one.table, table),
      );
      if (own !== undefined) yield validatedAtOnce(statement.operation, own);
    }
    for (const { node, operation } of statements) {
      const domain = treeOf(node, 'AlterDomainStmt');
      const constraint = domain?.subtype === 'C' ? treeOf(domain.def, 'Constraint') : undefined;
      if (constraint === undefined || constraint.skip_validation === true) continue;
      yield {
        operation,
        summary: `The constraint on domain ${writtenName(namedIn(namesOf(domain!.typeName)))} is checked in every table that uses it, under their locks.`,
        fix: 'Add it with NOT VALID, and validate it in an operation of its own.',
      };
    }
  },
};

/** Of a column that comes with it and has no value yet, PostgreSQL checks nothing: unless the statement does more. */
function isOfNulls(alters: readonly AlterCommand[], { column, alter }: AddedConstraint): boolean {
  if (column === undefined) return false;
  return alters.every((other) => {
    if (other.statement !== alter.statement) return true;
    const added = addedColumn(other);
    if (added !== undefined) return defaultExpressionOf(added) === undefined;
    return treeOf(other.command.def, 'Constraint')?.contype !== 'CONSTR_FOREIGN';
  });
}

function unsafe(world: LintWorld, added: AddedConstraint): LintProblem {
  const { table, constraint, operation, column } = added;
  const what = constraint.contype === 'CONSTR_CHECK' ? 'check' : 'foreign key';
  const other = constraint.contype === 'CONSTR_FOREIGN' ? ` and ${writtenName(relationOf(constraint.pktable))}` : '';
  const named = constraint.conname ?? (column === undefined ? '' : `of ${column}`);
  const safe = constraintOperations(world, added);
  const online = 'it is added NOT VALID, and validated while everybody goes on';
  return {
    operation,
    summary: `${what === 'check' ? 'Check' : 'Foreign key'} ${named === '' ? '' : `${named} `}on ${writtenName(table)} is added without NOT VALID, so all rows are read under a lock on ${writtenName(table)}${other}.`,
    fix:
      safe === undefined
        ? `Add the ${what} with NOT VALID, and validate it later.`
        : `Write ${writtenOperations(safe)}: ${online}.`,
    cost: { table, work: 'scan', blocks: what === 'check' ? 'everybody' : 'writers', online: 'scan' },
  };
}

function validatedAtOnce(operation: number, { table, constraint }: AddedConstraint): LintProblem {
  return {
    operation,
    summary: `Constraint ${constraint.conname!} is validated in the transaction that adds it, under the lock that adding it took.`,
    fix: 'Validate it in an operation of its own, with phase: migrate.',
    cost: { table, work: 'scan', blocks: 'everybody', online: 'scan' },
  };
}
