/** `themis doctor`: looks at everything that an apply will need and says what to mend. Changes nothing. */
import { resolve } from 'node:path';
import { openGit } from '../../../adapters/git/simple-git.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import type { Check, Looked, Surroundings } from '../doctor/check.ts';
import { fleetChecks, machineChecks } from '../doctor/checks/index.ts';
import { lookAtFleet } from '../doctor/fleet-surroundings.ts';
import { checkupText, statusOf, type CheckResult } from '../../../report/checkup.ts';
import type { Command, Session } from '../command.ts';
import { outputOption } from '../output-option.ts';
import { paintFor } from '../paint.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  group: 'Look',
  summary: 'check this machine and a fleet for what would stop an apply, and say how to mend it',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [{ name: '--pre', summary: 'only what needs no fleet: before the first one is made' }, outputOption],
  examples: [
    { line: 'themis doctor', summary: 'this machine and the fleet in this directory' },
    { line: 'themis doctor --pre', summary: 'a new machine' },
    { line: 'themis doctor -o json', summary: 'for monitoring; exit 1 when a check fails' },
  ],
  async run(session, input) {
    const directory = resolve(session.directory, input.argument('DIR') ?? '.');
    const around: Surroundings = { session, directory, git: openGit() };
    const results = await runAll(machineChecks, around);
    const skipped = input.flag('pre') ? [] : await checkFleet(around, results);
    const text =
      input.text('output') === 'json'
        ? `${JSON.stringify(checkupJson(session, results, skipped), null, 2)}\n`
        : checkupText(results, skipped, session.verbosity === 'quiet', paintFor(session.out));
    session.out.write(text);
    return results.some((result) => statusOf(result) === 'fail') ? exitCode.failed : exitCode.done;
  },
};

/** Adds to the results; names of the checks that could not run, because there is no valid fleet. */
async function checkFleet(around: Surroundings, results: CheckResult[]): Promise<readonly string[]> {
  const { looked, fleet } = await lookAtFleet(around);
  results.push({ name: 'fleet', ...looked });
  if (fleet === undefined) return fleetChecks.map(({ name }) => name);
  try {
    results.push(...(await runAll(fleetChecks, fleet)));
  } finally {
    if (fleet.store !== null && !(fleet.store instanceof Error)) await fleet.store.close();
  }
  return [];
}

async function runAll<World>(checks: readonly Check<World>[], world: World): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) results.push({ name: check.name, ...(await looking(check, world)) });
  return results;
}

/** What a check trips over is what it found: one broken thing must not hide the others. */
async function looking<World>(check: Check<World>, world: World): Promise<Looked> {
  try {
    return await check.look(world);
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code === 'CANCELLED' || error.code === 'BUG') throw error;
    const fix = error.hint ?? 'Mend what the message names and run it again.';
    return {
      detail: error.message,
      findings: [{ severity: 'error', code: 'THM6099', summary: error.message, fix }],
    };
  }
}

function checkupJson(session: Session, results: readonly CheckResult[], skipped: readonly string[]): object {
  const checks = results.map((result) => ({ name: result.name, status: statusOf(result), ...rest(result) }));
  const count = (status: string): number => checks.filter((check) => check.status === status).length;
  const summary = { ok: count('ok'), warn: count('warn'), fail: count('fail'), skipped: skipped.length };
  return { formatVersion: '1.0', themisVersion: session.themisVersion, summary, checks, skipped };
}

function rest({ detail, findings }: CheckResult): Looked {
  return { detail, findings };
}
