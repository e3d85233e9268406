/**
 * What is unsafe about a migration, and how the same is done safely. Pure: the catalog is read before, and where there is
 * none everything is assumed to be large and in use. Throws nothing on any operation that the schema of Migration lets
 * through.
 */
import type { Finding } from '../../kernel/finding.ts';
import { costDetails } from './estimate.ts';
import { rules } from './index.ts';
import type { LintInput, LintProblem, LintRule, LintWorld } from './rule.ts';
import { lintWorld } from './world.ts';

/** In the order of operations, then of rules. */
export function lintMigration(input: LintInput): readonly Finding[] {
  const world = lintWorld(input);
  const found = rules.flatMap((rule: LintRule) => [...rule.check(world)].map((problem) => ({ rule, problem })));
  const order = ({ operation = -1 }: LintProblem): number => operation;
  return found
    .sort((a, b) => order(a.problem) - order(b.problem))
    .map(({ rule, problem }) => toFinding(rule, problem, world));
}

function toFinding(rule: LintRule, problem: LintProblem, world: LintWorld): Finding {
  const { operation, summary, fix, cost } = problem;
  const severity =
    rule.concerns === 'others' && world.engine === 'pglite' ? 'info' : (problem.severity ?? rule.severity);
  const source = operation === undefined ? world.place : (world.places?.[operation] ?? world.place);
  const details = [
    ...(problem.details ?? []),
    ...(cost === undefined ? [] : costDetails(cost, world.table(cost.table), world.rates)),
  ];
  return {
    severity,
    code: rule.code,
    summary,
    fix,
    ...(details.length === 0 ? {} : { details }),
    ...(source === undefined ? {} : { source }),
  };
}
