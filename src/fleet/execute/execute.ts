/**
 * One execution of a plan from its opening in the store to its close: new, or resumed from its journal. What it
 * leaves behind in the rollout record (stages, quarantine, estimates) is durable before the journal is closed.
 */
import { formatInstant, parseInstant } from '../../kernel/units/instant.ts';
import type { ExecutionResult } from '../../model/event.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import type { ExecutionEnd, Store } from '../../ports/store.ts';
import type { Clock } from '../../ports/clock.ts';
import { createNodeWindows } from '../../windows/node-windows.ts';
import { changedEarlier } from '../earlier-runs.ts';
import { EvidenceKeeper } from '../evidence/evidence-keeper.ts';
import { abandonRollout, finishRollout, hopsOf, measure, membershipOf, quarantine, startRollout } from '../rollout.ts';
import { conclude, type Conclusion } from './conclusion.ts';
import type { StepperEnd } from './decision.ts';
import { JournalWriter } from './journal-writer.ts';
import { Permits, type PermitTerms } from './permits.ts';
import type { ExecutionRequest, FleetPorts } from './request.ts';
import { Runner } from './run.ts';
import { Stepper } from './step.ts';

export interface ExecutionReport {
  readonly execution: string;
  readonly result: ExecutionResult;
  readonly exitCode: number;
  readonly detail: string;
  /** Whether the same plan goes on when it is applied again. */
  readonly resumable: boolean;
  readonly record: RolloutRecord;
}

/** Throws FENCED when the lease was lost and whatever the store throws; failures of nodes are in the report. */
export async function execute(request: ExecutionRequest, ports: FleetPorts): Promise<ExecutionReport> {
  const { header, plan, token } = request;
  const { store, clock } = ports;
  if (request.journal === null) await store.openExecution(header, plan, token);
  const replayed = request.journal ?? [];
  const started = startRecord(request, formatInstant(clock.nowMs()));
  const terms = termsOf(request, started, clock);
  const windows = createNodeWindows({ ...terms, approvals: [] });
  const stepper = new Stepper({ ...request, databases: request.observed.databases, windows, journal: replayed });
  const keeper = keeperOf(request, started, ports);
  for (const entry of replayed) keeper?.record(entry);
  const journal = new JournalWriter(store, clock, {
    operation: header.id,
    token,
    nextSeq: replayed.length,
    told: (entry) => {
      stepper.record(entry);
      keeper?.record(entry);
    },
  });
  if (stepper.closed) return await closeAgain(request, ports, replayed);
  // A crash may have come between opening the execution and its first entry.
  if (replayed.length === 0) await journal.write({ step: null, event: 'open', detail: { by: header.by } });
  if (started !== request.record) await store.writeRecord(started, token);
  request.emit({
    type: 'execution-started',
    execution: header.id,
    planDigest: plan.planDigest,
    resumed: request.journal !== null,
    steps: plan.steps.length,
  });
  const permits = new Permits(terms, request.approvals, clock, (...allowed) => stepper.permit(...allowed));
  const run = await new Runner(request, ports, { stepper, journal, record: started, permits, keeper }).run();
  const earlier = run.end.kind === 'undone' ? await changedEarlier(store, header) : [];
  const conclusion = conclude(run.end, stepper.direction, stepper.changed, earlier, run.hands);
  tellBlocked(request, stepper, run.end);
  const after = recordAfter(measure(run.record, run.durations), request, conclusion, formatInstant(clock.nowMs()));
  await store.writeRecord(after, token);
  if (conclusion.closes) {
    const { result, exitCode, detail } = conclusion;
    await journal.write({ step: null, event: 'close', detail: { result, exitCode, detail } });
    await store.closeExecution(header.id, endOf(conclusion, clock), token);
  }
  return report(request, conclusion, after);
}

/** Ends an execution that another plan replaces; its nodes have been recovered before. */
export async function supersede(
  store: Store,
  clock: Clock,
  execution: string,
  token: number,
  reason: string,
): Promise<void> {
  const end = { finishedAt: formatInstant(clock.nowMs()), result: 'superseded', exitCode: 8, detail: reason } as const;
  await store.closeExecution(execution, end, token);
}

/** null: there is nowhere to read from. */
function keeperOf(request: ExecutionRequest, record: RolloutRecord, ports: FleetPorts): EvidenceKeeper | null {
  const { header, token, plan, actions, nodes } = request;
  const { metrics, store, transport, clock } = ports;
  if (metrics === undefined) return null;
  const of = { execution: header.id, token, plan, actions, nodes, record };
  return new EvidenceKeeper({ ...of, metrics, store: store.evidence, transport, clock });
}

/** Notice counts from when the rollout started; `started` is the record with it. */
function termsOf({ header, plan, tenants }: ExecutionRequest, { current }: RolloutRecord, clock: Clock): PermitTerms {
  const target = plan.targetDigest;
  const noticeAtMs = current?.target === target ? parseInstant(current.startedAt) : undefined;
  return { target, tenants: header.kind === 'rollback' ? [] : tenants, noticeAtMs: noticeAtMs ?? clock.nowMs() };
}

function startRecord({ header, plan, record, membership }: ExecutionRequest, at: string): RolloutRecord {
  if (header.kind === 'apply') {
    return startRollout(record, plan.targetDigest, membership ?? membershipOf(plan), at, hopsOf(plan));
  }
  // Before anything moves: who rolls back by hand does not want the next run to bring it on again, should this one be
  // cut off half-way.
  if (record.quarantine.some((one) => one.target === plan.targetDigest)) return record;
  return quarantine(record, plan.targetDigest, at, `rolled back by ${header.by}`);
}

function recordAfter(
  record: RolloutRecord,
  request: ExecutionRequest,
  conclusion: Conclusion,
  at: string,
): RolloutRecord {
  const { targetDigest } = request.plan;
  if (request.header.kind === 'rollback') return conclusion.result === 'done' ? abandonRollout(record) : record;
  if (conclusion.rolledBack) return quarantine(abandonRollout(record), targetDigest, at, conclusion.detail);
  return conclusion.result === 'done' || conclusion.result === 'nothing-to-do' ? finishRollout(record, at) : record;
}

/** A crash came between the last journal entry and the close of the execution. */
async function closeAgain(
  request: ExecutionRequest,
  { store, clock }: FleetPorts,
  journal: readonly JournalEntry[],
): Promise<ExecutionReport> {
  const detail = journal.at(-1)!.detail as unknown as Pick<Conclusion, 'result' | 'exitCode' | 'detail'>;
  const conclusion: Conclusion = { ...detail, closes: true, rolledBack: false };
  await store.closeExecution(request.header.id, endOf(conclusion, clock), request.token);
  return report(request, conclusion, request.record);
}

/** Every step that will not be run any more has an outcome too. */
function tellBlocked(request: ExecutionRequest, stepper: Stepper, end: StepperEnd): void {
  if (end.kind !== 'paused' && end.kind !== 'undone' && end.kind !== 'undo-incomplete') return;
  const by = end.failed[0]!.step;
  const targets = new Map(request.plan.steps.map((step) => [step.id, step.target]));
  for (const step of stepper.notRun()) {
    const outcome = { kind: 'blocked', by } as const;
    const target = targets.get(step)!;
    request.emit({ type: 'step-finished', step, target, outcome, durationMs: 0, direction: 'forward' });
  }
}

function endOf(conclusion: Conclusion, clock: Clock): ExecutionEnd {
  const { result, exitCode, detail } = conclusion;
  return { finishedAt: formatInstant(clock.nowMs()), result, exitCode, detail };
}

function report(request: ExecutionRequest, conclusion: Conclusion, record: RolloutRecord): ExecutionReport {
  const { result, exitCode, detail } = conclusion;
  request.emit({ type: 'execution-finished', execution: request.header.id, result, exitCode });
  return { execution: request.header.id, result, exitCode, detail, resumable: !conclusion.closes, record };
}
