/** `themis show`: a saved plan, checked against its seal before anything of it is shown. */
import { exitCode } from '../../../kernel/exit-code.ts';
import { parsePlan, refusedPlanExitCode } from '../../../plan/parse-plan.ts';
import { findingsText } from '../../../report/findings.ts';
import type { Command } from '../command.ts';
import { describeSigners, planTrustOptions, readSavedPlan } from '../reading/signed-plan.ts';
import { paintFor } from '../paint.ts';
import { formatPlan, planFormats } from '../fleet/plan-output.ts';
import type { PlanFormat } from '../fleet/plan-output.ts';

export const showCommand: Command = {
  name: 'show',
  group: 'Plan and apply',
  summary: 'print a saved plan',
  arguments: [{ name: 'FILE', summary: 'plan file of `themis plan --out`', required: true }],
  options: [
    ...planTrustOptions,
    { name: '--output', short: '-o', value: 'FORMAT', summary: 'output format', choices: planFormats, default: 'text' },
  ],
  examples: [
    { line: 'themis show release.themisplan', summary: 'as it was printed when it was made' },
    { line: 'themis show release.themisplan -o json', summary: 'all of it' },
    { line: 'themis show release.themisplan --anchors keys/anchors.json', summary: 'and who signed it' },
  ],
  async run(session, input) {
    const file = input.argument('FILE')!;
    const { text, signature } = await readSavedPlan(session, input, file);
    const parsed = parsePlan(text, file);
    if ('findings' in parsed) {
      session.err.write(findingsText(parsed.findings, paintFor(session.err)));
      return refusedPlanExitCode(parsed.findings);
    }
    session.out.write(formatPlan(parsed.plan, input.text('output') as PlanFormat, paintFor(session.out)));
    // Not among the data: `-o json` stays the plan as it is.
    if (signature !== null) session.err.write(`${describeSigners(signature)}\n`);
    return exitCode.done;
  },
};
