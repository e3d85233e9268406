/** `themis apply`: lock, recover, observe, plan, confirm, execute. A saved plan never prompts and never differs. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { supersede } from '../../../fleet/execute/execute.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import type { Plan } from '../../../model/plan.ts';
import { parsePlan, refusedPlanExitCode } from '../../../plan/parse-plan.ts';
import { planExitCode } from '../../../plan/plan-exit-code.ts';
import { choosePlan, type ChosenPlan } from '../fleet/apply-plan.ts';
import { carryOutPlan } from '../fleet/carry-out-plan.ts';
import type { Command, Input, Session } from '../command.ts';
import { confirm } from '../confirm.ts';
import { printFindings } from '../fleet/fleet-session.ts';
import type { LockedFleet } from '../fleet/locked-fleet.ts';
import { closingLine } from '../../../report/plan/plan-phrases.ts';
import { paintFor } from '../paint.ts';
import { formatPlan } from '../fleet/plan-output.ts';
import type { Progress } from '../progress.ts';
import { isStream, runLocked, streamNothingToDo, streamPlan } from '../fleet/run-locked.ts';
import { parallelismOf, runOptions } from '../fleet/run-options.ts';
import { describeSigners, planTrustOptions, readSavedPlan } from '../reading/signed-plan.ts';

export const applyCommand: Command = {
  name: 'apply',
  group: 'Plan and apply',
  selects: true,
  summary: 'carry out a plan: show it, ask, and do it so that it can be killed anywhere and run again',
  arguments: [{ name: 'DIR|FILE', summary: 'fleet directory (default: here), or a plan saved with --out' }],
  options: [
    ...runOptions,
    ...planTrustOptions,
    { name: '--dry-run', summary: 'show what it would do under the lock, and change nothing' },
    { name: '--no-wait', summary: 'stop (exit 9) at the first gate, window or approval that is not open' },
  ],
  examples: [
    { line: 'themis apply', summary: 'plan the fleet in this directory, ask, carry it out' },
    { line: 'themis apply release.themisplan', summary: 'exactly what was reviewed, without a question' },
    {
      line: 'themis apply release.themisplan --anchors keys/anchors.json',
      summary: 'only if somebody signed it whom these anchors vouch for',
    },
    { line: 'themis apply --auto-approve --no-wait -o jsonl', summary: 'in a pipeline' },
  ],
  async run(session, input) {
    const argument = input.argument('DIR|FILE') ?? '.';
    const isFile = namesPlan(resolve(session.directory, argument));
    if (!isFile && input.text('anchors') !== undefined) {
      throw new ThemisError('USAGE', '--anchors is for a saved plan; one that is made now is signed by nobody.', {
        hint: 'Save it with `themis plan --out FILE`, have it signed, and apply FILE.',
      });
    }
    const saved = isFile ? await readSaved(session, input, argument) : undefined;
    if (typeof saved === 'number') return saved;
    const lock = { purpose: `themis apply ${argument}`, lookOnly: input.flag('dry-run') };
    return runLocked(session, input, isFile ? '.' : argument, lock, (locked, progress) =>
      apply(session, input, locked, saved, progress),
    );
  },
};

async function apply(
  session: Session,
  input: Input,
  locked: LockedFleet,
  saved: Plan | undefined,
  progress: Progress,
): Promise<number> {
  const chosen = await choosePlan(session, locked, saved);
  const { plan, resume } = chosen;
  show(session, input, chosen, saved !== undefined, progress);
  if (resume === undefined) {
    const code = planExitCode(plan, false);
    if (code !== exitCode.done) return code;
    if (!plan.applyable) return exitCode.refused;
  }
  if (input.flag('dry-run')) return exitCode.done;
  if (resume === undefined && plan.steps.length === 0) {
    await replace(session, locked, chosen);
    return streamNothingToDo(input, progress);
  }
  const what = resume === undefined ? 'apply' : `go on with ${resume.header.id}`;
  const refused = await confirm(session, input.flag('auto-approve') || saved !== undefined, what);
  if (refused !== undefined) return refused;
  await replace(session, locked, chosen);
  const argument = input.argument('DIR|FILE');
  const { resume: resumed, record, membership } = chosen;
  return carryOutPlan(
    session,
    locked,
    {
      kind: resumed?.header.kind ?? 'apply',
      plan,
      record,
      ...(resumed === undefined ? {} : { resume: resumed }),
      ...(membership === undefined ? {} : { membership }),
      parallelism: parallelismOf(input),
      wait: !input.flag('no-wait'),
      again: `themis apply${argument === undefined ? '' : ` ${argument}`}`,
    },
    progress,
  );
}

async function replace(session: Session, { fleet, token }: LockedFleet, { plan, replaces }: ChosenPlan): Promise<void> {
  if (replaces === undefined) return;
  const reason = `replaced by plan ${plan.planDigest} ${replaces.why}`;
  await supersede(fleet.store, session.clock, replaces.execution, token, reason);
}

function show(session: Session, input: Input, chosen: ChosenPlan, reviewed: boolean, progress: Progress): void {
  const { plan, resume } = chosen;
  if (isStream(input)) {
    streamPlan(plan, progress);
    return;
  }
  if (resume !== undefined) {
    const ended = resume.journal.filter((entry) => entry.event === 'done' || entry.event === 'unchanged').length;
    session.err.write(
      `${resume.header.id} was left open: ${ended} of ${plan.steps.length} steps are done. It goes on where it stopped.\n`,
    );
  }
  // A saved plan was read before it came here; its last line says which one it is.
  const isNews = !reviewed || plan.findings.length > 0;
  session.out.write(isNews ? formatPlan(plan, 'text', paintFor(session.out)) : `${closingLine(plan)}\n`);
}

function namesPlan(path: string): boolean {
  if (path.endsWith('.themisplan')) return true;
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

async function readSaved(session: Session, input: Input, file: string): Promise<Plan | number> {
  const { text, signature } = await readSavedPlan(session, input, file);
  const parsed = parsePlan(text, file);
  if (signature !== null) session.err.write(`${describeSigners(signature)}\n`);
  if ('plan' in parsed) return parsed.plan;
  printFindings(session, parsed.findings);
  return refusedPlanExitCode(parsed.findings);
}
