import { resolve } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { comparePlans } from '../../../plan/compare-plans.ts';
import { planExitCode } from '../../../plan/plan-exit-code.ts';
import { planJson } from '../../../report/plan/plan-json.ts';
import { findingsText } from '../../../report/findings.ts';
import type { Plan } from '../../../model/plan.ts';
import type { Signer } from '../../../ports/signer.ts';
import type { Command, Input, Session } from '../command.ts';
import type { PlanRequest, PlanSources } from '../fleet/make-plan.ts';
import { makePlan } from '../fleet/make-plan.ts';
import { createPlanSources } from '../fleet/plan-sources.ts';
import { readInstant } from '../instant-option.ts';
import { signerOf, signerOptions } from '../reading/signer-input.ts';
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
      {
        name: '--out',
        value: 'FILE',
        summary: 'save the plan, for `themis apply FILE` (FILE.themisplan); where somebody signs, also FILE.p7s',
      },

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
      ...signerOptions,
    ],
    examples: [
      { line: 'themis plan', summary: 'of the fleet in this directory' },
      { line: 'themis plan --out release.themisplan', summary: 'save it, review it, apply exactly that' },
      {
        line: 'themis plan --out p.themisplan --key keys/signer.key.pem --certificate keys/signer.certificate.pem',
        summary: 'and sign it, in p.themisplan.p7s',
      },
      { line: 'themis plan --rev HEAD --against main -o markdown', summary: 'for a pull request' },
      { line: 'themis plan --observed fleet.json', summary: 'without contacting a node' },
    ],
    run: (session, input) => runPlan(session, input, sourcesOf(session)),
  };
}

async function runPlan(session: Session, input: Input, sources: PlanSources): Promise<number> {
  const request = readRequest(session, input);
  const out = input.text('out');
  const signer = await planSignerOf(session, input, out);
  const format = input.text('output') as PlanFormat;
  const made = await makePlan(request, sources);
  if (made.kind === 'invalid') {
    session.err.write(findingsText(made.findings, paintFor(session.err)));
    return exitCode.invalid;
  }
  const { plan, base } = made;
  if (out !== undefined) await save(session, out, plan, signer);
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

/** Before anything is planned, so that a key that is missing costs no observation. */
async function planSignerOf(session: Session, input: Input, out: string | undefined): Promise<Signer | undefined> {
  const signer = await signerOf(session, input);
  if (signer === undefined || out !== undefined) return signer;
  throw new ThemisError('USAGE', 'Only a plan that is saved is signed.', {
    hint: 'Add --out FILE, or leave out who signs. THEMIS_* variables count as options.',
  });
}

async function save(session: Session, out: string, plan: Plan, signer: Signer | undefined): Promise<void> {
  // What verifies and signs is not loaded by whoever only looks.
  const { writeSavedPlan } = await import('../reading/signed-plan.ts');
  await writeSavedPlan(resolve(session.directory, out), planJson(plan), signer, session.clock.nowMs());
  if (session.verbosity === 'quiet') return;
  const signed = signer === undefined ? '' : ` and ${out}.p7s`;
  session.err.write(`Saved ${out}${signed}. Apply exactly this with: themis apply ${out}\n`);
}
