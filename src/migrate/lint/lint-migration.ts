/**
 * What is unsafe about a migration, and how the same is done safely. Pure: the catalog is read before, and where there is
 * none everything is assumed to be large and in use. Throws nothing on any operation that the schema of Migration lets
 * through.
 */
import type { Finding, Severity } from '../../kernel/finding.ts';
import type { CatalogTable } from '../../model/schema/catalog.ts';
import { costDetails, isUnnoticed, wholeTable } from './estimate.ts';
import { rules } from './index.ts';
import { idleReviews, reasonOf, type FoundProblem } from './reviews.ts';
import type { Cost, LintInput, LintProblem, LintRule, LintWorld } from './rule.ts';
import { lintWorld } from './world.ts';

/** In the order of operations, then of rules. */
export function lintMigration(input: LintInput): readonly Finding[] {
  const world = lintWorld(input);
  const found: FoundProblem[] = rules.flatMap((rule: LintRule) =>
    [...rule.check(world)].map((problem) => ({ rule, problem })),
  );
  found.push(...idleReviews(world, found));
  const order = ({ operation = -1 }: LintProblem): number => operation;
  return found.sort((a, b) => order(a.problem) - order(b.problem)).map((one) => toFinding(one, world));
}

function toFinding(found: FoundProblem, world: LintWorld): Finding {
  const { rule, problem } = found;
  const { operation, summary, fix, cost } = problem;
  const reason = reasonOf(found, world);
  const severity = reason === undefined ? severityOf(rule, problem, world) : 'info';
  const source = operation === undefined ? world.place : (world.places?.[operation] ?? world.place);
  const details = [
    ...(reason === undefined ? [] : [`Reviewed: ${reason}`]),
    ...(problem.details ?? []),
    ...(cost === undefined ? [] : costDetails(cost, tableOf(cost, world), world.rates)),
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

function tableOf({ table }: Cost, { table: find, catalog }: LintWorld): CatalogTable | undefined {
  const found = find(table);
  return found === undefined ? undefined : wholeTable(found, catalog?.tables ?? []);
}

function severityOf(rule: FoundProblem['rule'], problem: LintProblem, world: LintWorld): Severity {
  const own = problem.severity ?? rule.severity;
  if (rule.concerns !== 'others') return own;
  if (world.engine === 'pglite') return 'info';
  const { cost } = problem;
  const isShort = cost !== undefined && isUnnoticed(cost, tableOf(cost, world), world.rates);
  return own === 'error' && isShort ? 'warning' : own;
}
