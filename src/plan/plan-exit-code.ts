import type { ExitCode } from '../kernel/exit-code.ts';
import { exitCode } from '../kernel/exit-code.ts';
import type { Plan } from '../model/plan.ts';
import { exitOfFinding } from './findings/plan-codes.ts';

/**
 * What `plan` exits with: usage before invalid before refused before incomplete; then 2 where changes are asked about
 * and there are any.
 */
export function planExitCode(plan: Plan, detailed: boolean): ExitCode {
  const asked = new Set(
    plan.findings.filter(({ severity }) => severity === 'error').map(({ code }) => exitOfFinding(code)),
  );
  for (const code of [exitCode.usage, exitCode.invalid, exitCode.refused] as const) if (asked.has(code)) return code;
  if (!plan.complete) return exitCode.failed;
  return detailed && plan.steps.length > 0 ? exitCode.changes : exitCode.done;
}
