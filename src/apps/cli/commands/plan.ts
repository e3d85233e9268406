import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { comparePlans } from '../../../plan/compare-plans.ts';
import { planExitCode } from '../../../plan/plan-exit-code.ts';
import { planJson } from '../../../report/plan/plan-json.ts';
import { findingsText } from '../../../report/findings.ts';
import type { Command, Input, Session } from '../command.ts';
import type { PlanRequest, PlanSources } from '../fleet/make-plan.ts';
import { makePlan } from '../fleet/make-plan.ts';
import { createPlanSources } from '../fleet/plan-sources.ts';
import { readInstant } from '../instant-option.ts';
import { paintFor } from '../paint.ts';
import { formatComparison, formatPlan, planFormats } from '../fleet/plan-output.ts';
import type { PlanFormat } from '../fleet/plan-output.ts';

export const planCommand: Command = createPlanCommand(createPlanSources);

/** The command over its sources: the real ones, or a test's. */
export function createPlanCommand(sourcesOf: (session: Session) => PlanSources): Command {
  return {
    name: 'plan',
    group: 'Plan and apply',
    selects: true,
    summary: 'show what apply would do, in order, and what it would not',
    arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
    options: [
      { name: '--out', value: 'FILE', summary: 'save the plan, for `themis apply FILE` (FILE.themisplan)' },
      { name: '--rev', value: 'REV', summary: 'plan a Git revision instead of the work tree' },
      { name: '--against', value: 'REV', summary: 'show what differs from the plan of another revision' },
      { name: '--observed', value: 'FILE', summary: 'plan from a snapshot of `themis observe`; contacts no node' },
      { name: '--detailed-exitcode', summary: 'exit 2 when there are changes' },
      { name: '--target', value: 'node/NAME', summary: 'only this node and what its turn needs', repeatable: true },
      { name: '--exclude', value: 'node/NAME', summary: 'not this node, nor what needs its turn', repeatable: true },
      { name: '--refresh-only', summary: 'show drift and what nodes report; plan no change' },
      { name: '--at', value: 'TIME', summary: 'plan for this instant (RFC 3339)' },
      {
        name: '--output',
        short: '-o',
        value: 'FORMAT',
        summary: 'output format',
        choices: planFormats,
        default: 'text',
      },
    ],
    examples: [
      { line: 'themis plan', summary: 'of the fleet in this directory' },
      { line: 'themis plan --out release.themisplan', summary: 'save it, review it, apply exactly that' },
      { line: 'themis plan --rev HEAD --against main -o markdown', summary: 'for a pull request' },
      { line: 'themis plan --observed fleet.json', summary: 'without contacting a node' },
    ],
    run: (session, input) => runPlan(session, input, sourcesOf(session)),
  };
}

async function runPlan(session: Session, input: Input, sources: PlanSources): Promise<number> {
  const request = readRequest(session, input);
  const format = input.text('output') as PlanFormat;
  const made = await makePlan(request, sources);
  if (made.kind === 'invalid') {
    session.err.write(findingsText(made.findings, paintFor(session.err)));
    return exitCode.invalid;
  }
  const { plan, base } = made;
  const out = input.text('out');
  if (out !== undefined) {
    await savePlan(resolve(session.directory, out), planJson(plan));
    if (session.verbosity !== 'quiet')
      session.err.write(`Saved ${out}. Apply exactly this with: themis apply ${out}\n`);
  }
  const paint = paintFor(session.out);
  session.out.write(
    base === undefined ? formatPlan(plan, format, paint) : formatComparison(comparePlans(base, plan), format, paint),
  );
  return planExitCode(plan, input.flag('detailed-exitcode'));
}

function readRequest(session: Session, input: Input): PlanRequest {
  const refreshOnly = input.flag('refresh-only');
  const against = input.text('against');
  if (refreshOnly && input.text('out') !== undefined) {
    throw new ThemisError('USAGE', '--refresh-only plans no change, so there is nothing to save with --out.');
  }
  if (refreshOnly && against !== undefined) {
    throw new ThemisError('USAGE', '--refresh-only plans no change, so there is nothing to compare with --against.');
  }
  const observed = input.text('observed');
  return {
    directory: resolve(session.directory, input.argument('DIR') ?? '.'),
    revision: input.text('rev'),
    against,
    observed: observed === undefined ? undefined : resolve(session.directory, observed),
    scope: { targets: input.list('target'), excludes: input.list('exclude'), selector: session.selector },
    ...readInstant(session, input.text('at')),
    refreshOnly,
    themisVersion: session.themisVersion,
  };
}

async function savePlan(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new ThemisError('IO', `${path} cannot be written.`, { cause });
  }
}
