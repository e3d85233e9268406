import type { LintProblem, LintRule } from '../rule.ts';
import { variablesSet, type VariableSet } from '../sql/variables.ts';

const timeouts = new Set(['lock_timeout', 'statement_timeout', 'transaction_timeout', 'all']);

/** Themis gives up on a lock rather than wait for it, because whoever comes later waits behind it. */
export const timeoutsRule: LintRule = {
  code: 'THM7219',
  name: 'timeouts',
  severity: 'error',
  *check({ statements }) {
    for (const { node, operation } of statements) {
      for (const variable of variablesSet(node)) {
        const problem = problemOf(variable);
        if (problem !== undefined) yield { operation, ...problem };
      }
    }
  },
};

function problemOf({ name, value, local }: VariableSet): Omit<LintProblem, 'operation'> | undefined {
  if (timeouts.has(name) && (value === undefined || /^\s*0+\s*(?:us|ms|s|min|h|d)?\s*$/u.test(value))) {
    return {
      severity: name === 'lock_timeout' || name === 'all' ? 'error' : 'warning',
      summary:
        name === 'all'
          ? 'RESET ALL takes away the time limits that Themis sets.'
          : `Without ${name} this waits as long as it takes, and everybody queues behind it.`,
      fix: 'Remove it: the limits of the Database apply, and what runs into them is tried again.',
    };
  }
  if (local || name === 'session_replication_role') return undefined;
  return {
    severity: 'warning',
    summary: `${name} stays as it is set here for whatever runs next on the connection.`,
    fix: `Write SET LOCAL ${name}.`,
  };
}
