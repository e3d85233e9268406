/** `themis rollback`: back to a restore point, leader last, quorum kept; what is rolled back is quarantined. */
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { Plan } from '../../../model/plan.ts';
import type { RolloutRecord } from '../../../model/rollout-record.ts';
import { planExitCode } from '../../../plan/plan-exit-code.ts';
import { planRollback, type RollbackWhat } from '../../../plan/rollback/plan-rollback.ts';
import { addressesOf } from '../../../plan/rollback/rollback-works.ts';
import { supersede } from '../../../fleet/execute/execute.ts';
import type { JournalEntry } from '../../../model/journal.ts';
import type { ExecutionSummary, Store } from '../../../ports/store.ts';
import { loadCatalogue } from '../reading/catalogue.ts';
import { carryOutPlan } from '../fleet/carry-out-plan.ts';
import type { Command, Input, Session } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { LockedFleet } from '../fleet/locked-fleet.ts';
import { paintFor } from '../paint.ts';
import { formatPlan } from '../fleet/plan-output.ts';
import type { Progress } from '../progress.ts';
import { isStream, runLocked, streamNothingToDo, streamPlan } from '../fleet/run-locked.ts';
import { parallelismOf, runOptions } from '../fleet/run-options.ts';

export const rollbackCommand: Command = {
  name: 'rollback',
  group: 'Steer a rollout',
  summary: 'return nodes to a restore point, leader last, quorum kept',
  arguments: [{ name: 'WHAT', summary: 'node/NAME or tenant/NAME; or give --all' }],
  options: [
    { name: '--all', summary: 'every node' },
    { name: '--to', value: 'ID', summary: 'this restore point (default: the newest with something else)' },
    ...runOptions,
  ],
  examples: [
    { line: 'themis rollback --all', summary: 'take the last update back everywhere' },
    { line: 'themis rollback node/node-a', summary: 'one node' },
  ],
  async run(session, input) {
    // From THEMIS_SELECTOR too: what is taken back must never be more than was meant.
    if (session.selector !== undefined)
      throw new ThemisError(
        'USAGE',
        'a rollback takes no selector: name node/NAME or tenant/NAME, or unset THEMIS_SELECTOR',
      );
    const what = readWhat(input);
    const lock = { purpose: `themis rollback ${addressOf(what)}` };
    return runLocked(session, input, '.', lock, (locked, progress) => rollBack(session, input, locked, what, progress));
  },
};

async function rollBack(
  session: Session,
  input: Input,
  locked: LockedFleet,
  what: RollbackWhat,
  progress: Progress,
): Promise<number> {
  const { store } = locked.fleet;
  const record = await store.readRecord();
  const open = await store.openExecutionOf();
  const resume = open === null ? undefined : await sameRollback(store, open, what, input.text('to'));
  const plan = resume?.plan ?? (await makeRollback(session, input, locked, what, record));
  if (isStream(input)) streamPlan(plan, progress);
  else session.out.write(formatPlan(plan, 'text', paintFor(session.out)));
  if (resume === undefined) {
    const code = planExitCode(plan, false);
    if (code !== exitCode.done) return code;
    if (!plan.applyable) return exitCode.refused;
    if (plan.steps.length === 0) return streamNothingToDo(input, progress);
  }
  const question = resume === undefined ? 'roll back' : `go on with ${resume.header.id}`;
  const refused = await confirm(session, input.flag('auto-approve'), question);
  if (refused !== undefined) return refused;
  if (open !== null && resume === undefined) {
    await supersede(store, session.clock, open.id, locked.token, `rolled back with ${addressOf(what)}`);
  }
  return carryOutPlan(
    session,
    locked,
    {
      kind: 'rollback',
      plan,
      record,
      ...(resume === undefined ? {} : { resume }),
      parallelism: parallelismOf(input),
      wait: true,
      again: `themis rollback ${addressOf(what)}`,
    },
    progress,
  );
}

/**
 * A rollback of the same nodes that was cut off goes on as it was planned. Planned anew it would take the nodes that
 * are back already one state further.
 */
async function sameRollback(
  store: Store,
  open: ExecutionSummary,
  what: RollbackWhat,
  to: string | undefined,
): Promise<{ header: ExecutionSummary; journal: readonly JournalEntry[]; plan: Plan } | undefined> {
  if (open.kind !== 'rollback') return undefined;
  const plan = await store.readPlan(open.id);
  if (plan.scope.targets.join() !== addressesOf(what).join()) return undefined;
  if (to !== undefined && plan.steps.some((step) => step.params?.['restorePoint'] !== to)) return undefined;
  return { header: open, journal: await store.readJournal(open.id), plan };
}

async function makeRollback(
  session: Session,
  input: Input,
  { fleet, observed }: LockedFleet,
  what: RollbackWhat,
  record: RolloutRecord,
): Promise<Plan> {
  const { name, uid, nodes } = fleet.desired.fleet;
  const lastPlan = await lastPlanOf(fleet.store);
  // What is taken back, and goes into quarantine, is what was applied: Git may ask for something else by now.
  const targetDigest = lastPlan?.targetDigest ?? fleet.digests.targetDigest;
  return planRollback({
    what,
    to: input.text('to'),
    fleet: { name, uid },
    nodes,
    observed,
    catalogue: await loadCatalogue(fleet.desired, fleet.directory, session).catch(nothingAtHand),
    record,
    lastPlan,
    at: formatInstant(session.clock.nowMs()),
    source: fleet.source,
    themisVersion: session.themisVersion,
    digests: { ...fleet.digests, targetDigest },
  });
}

/** Going back needs no releases: the restore points hold what is needed. */
function nothingAtHand(error: unknown): { releases: []; yanked: [] } {
  if (error instanceof ThemisError && error.code !== 'BUG') return { releases: [], yanked: [] };
  throw error;
}

async function lastPlanOf(store: Store): Promise<Plan | undefined> {
  const applied = (await store.history(50)).find((one) => one.kind === 'apply');
  return applied === undefined ? undefined : store.readPlan(applied.id);
}

function readWhat(input: Input): RollbackWhat {
  const text = input.argument('WHAT');
  if (input.flag('all')) {
    if (text === undefined) return { kind: 'all' };
    throw new ThemisError('USAGE', `Give ${text} or --all, not both.`);
  }
  const [kind, name = ''] = (text ?? '').split('/', 2);
  if ((kind === 'node' || kind === 'tenant') && name !== '') return { kind, name };
  throw new ThemisError('USAGE', 'Say what to roll back: node/NAME, tenant/NAME or --all.');
}

function addressOf(what: RollbackWhat): string {
  return what.kind === 'all' ? '--all' : `${what.kind}/${what.name}`;
}
