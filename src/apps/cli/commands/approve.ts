/**
 * `themis approve`: a decision as a file of the fleet, bound to what will run now. It counts like any other file, once
 * it is read: reviewed, signed by its commit, void when the target digest moves. Nothing is overwritten.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { openGit } from '../../../adapters/git/simple-git.ts';
import { formatApproval } from '../../../desired/format-approval.ts';
import { shortDigest } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { hasErrors } from '../../../kernel/finding.ts';
import { parseDuration } from '../../../kernel/units/duration.ts';
import { addDuration, formatInstant, normaliseInstant, parseInstant } from '../../../kernel/units/instant.ts';
import type { ApprovalSubject, Desired, DesiredApproval } from '../../../model/desired.ts';
import type { Command, Input, Session } from '../command.ts';
import { approvalNote, parseSubject, subjectText } from '../fleet/approval-subject.ts';
import { printFindings } from '../fleet/fleet-session.ts';
import { createPlanSources } from '../fleet/plan-sources.ts';

export const approveCommand: Command = {
  name: 'approve',
  group: 'Steer a rollout',
  summary: 'write an approval of a stage, a consent of a tenant or an emergency, to be committed',
  arguments: [
    { name: 'WHAT', summary: 'stage/N, tenant/NAME or emergency', required: true },
    { name: 'DIR', summary: 'fleet directory (default: here)' },
  ],
  options: [
    { name: '--by', value: 'WHO', summary: 'who approves (default: user.email of git)', variable: false },
    { name: '--reason', value: 'TEXT', summary: 'why; an emergency needs one', variable: false },
    {
      name: '--expires',
      value: 'WHEN',
      summary: 'a duration from now such as 24h, or an instant; an emergency needs one',
      variable: false,
    },
  ],
  examples: [
    { line: 'themis approve stage/3 --reason "error rate flat for six hours"', summary: 'then commit the file' },
    { line: 'themis approve tenant/tenant-123 --expires 7d', summary: 'the tenant consents to what will run now' },
    {
      line: 'themis approve emergency --reason "CVE-2026-4711" --expires 4h',
      summary: 'opens windows, blackouts, consent, notice and stages; never skew, quorum or gates',
    },
  ],
  run: runApprove,
};

async function runApprove(session: Session, input: Input): Promise<number> {
  const sources = createPlanSources(session);
  const directory = resolve(session.directory, input.argument('DIR') ?? '.');
  const load = async (): Promise<Desired | undefined> => {
    const { desired, findings } = await sources.loadFleet(directory, undefined);
    if (desired !== undefined && !hasErrors(findings)) return desired;
    printFindings(session, findings);
    return undefined;
  };
  const desired = await load();
  if (desired === undefined) return exitCode.invalid;
  const subject = parseSubject(input.argument('WHAT')!, desired);
  const approval = {
    target: sources.digests(desired).targetDigest,
    subject,
    by: input.text('by') ?? (await gitEmail(directory)),
    reason: reasonOf(input, subject),
    expiresAt: expiryOf(session, input, subject),
  };
  const written = await writeApproval(directory, desired, approval);
  const path = join(directory, written.path);
  const after = await load();
  if (after?.approvals.some(({ name }) => name === written.name) !== true) {
    await rm(path);
    if (after === undefined) return exitCode.invalid;
    const hint = 'Is it ignored by Git? Take approvals/ out of .gitignore.';
    throw new ThemisError('IO', `${written.path} would not be read as a file of the fleet.`, { hint });
  }
  report(session, relative(session.directory, path), { ...approval, name: written.name }, desired);
  return exitCode.done;
}

async function gitEmail(directory: string): Promise<string> {
  const email = await openGit().userEmail(directory);
  if (email === null) throw new ThemisError('USAGE', '--by is needed: git knows no user.email here');
  return email;
}

function reasonOf(input: Input, subject: ApprovalSubject): string {
  const reason = input.text('reason')?.trim();
  if (reason !== undefined && reason !== '') return reason;
  if (subject.kind === 'emergency') throw new ThemisError('USAGE', '--reason is needed for an emergency');
  return 'no reason given';
}

function expiryOf(session: Session, input: Input, subject: ApprovalSubject): string | undefined {
  const text = input.text('expires');
  if (text === undefined) {
    if (subject.kind !== 'emergency') return undefined;
    throw new ThemisError('USAGE', '--expires is needed for an emergency, such as --expires 4h');
  }
  const nowMs = session.clock.nowMs();
  // Whole seconds: a person reads it.
  const now = formatInstant(Math.floor(nowMs / 1000) * 1000);
  const durationMs = parseDuration(text);
  const instant = durationMs === undefined ? normaliseInstant(text) : addDuration(now, durationMs);
  if (instant === undefined) {
    throw new ThemisError('USAGE', `--expires takes 24h or 2026-12-01T00:00:00Z, not "${text}"`);
  }
  if (parseInstant(instant)! <= nowMs) throw new ThemisError('USAGE', `--expires ${text} has passed`);
  return instant;
}

/** The first free name, both of the file and of the document. */
async function writeApproval(
  directory: string,
  desired: Desired,
  approval: Omit<DesiredApproval, 'name'>,
): Promise<{ readonly name: string; readonly path: string }> {
  const taken = new Set(desired.approvals.map(({ name }) => name));
  const base = fileNameOf(approval.subject);
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base}-${count}`;
    const path = `approvals/${name}.yaml`;
    if (!taken.has(name) && (await create(join(directory, path), formatApproval({ ...approval, name })))) {
      return { name, path };
    }
  }
}

function fileNameOf(subject: ApprovalSubject): string {
  switch (subject.kind) {
    case 'stage':
      return `promote-stage-${subject.stage}`;
    case 'tenant':
      return `consent-${subject.tenant}`;
    default:
      return subject.kind;
  }
}

/** False when there is such a file. */
async function create(path: string, text: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new ThemisError('IO', `${path} cannot be written.`, { cause });
  }
}

function report(session: Session, path: string, approval: DesiredApproval, desired: Desired): void {
  const { subject, target, expiresAt, by } = approval;
  const what = subjectText(subject);
  const until = expiresAt === undefined ? '' : ` until ${expiresAt}`;
  const shown = /^[\w./-]+$/u.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
  session.out.write(
    `Wrote ${path}: ${by} approves ${what} of target ${shortDigest(target)}${until}.\n` +
      `To commit it:\n` +
      `  git add ${shown} && git commit -m "Approve ${what}" -- ${shown}\n`,
  );
  const note = approvalNote(subject, desired);
  if (note !== undefined && session.verbosity !== 'quiet') session.err.write(`${note}\n`);
}
