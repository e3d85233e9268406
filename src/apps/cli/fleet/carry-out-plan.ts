/**
 * Carries out a plan that was made and agreed to: the same way for `apply`, `rollback` and a run that goes on after a
 * crash. Says at the end what happened and what to type next.
 */
import { actionOf } from '../../../actions/index.ts';
import { openMetrics } from '../../../adapters/metrics/index.ts';
import type { MetricsSource } from '../../../fleet/evidence/sources.ts';
import { execute, type ExecutionReport } from '../../../fleet/execute/execute.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { JournalEntry } from '../../../model/journal.ts';
import type { Plan } from '../../../model/plan.ts';
import type { RolloutRecord } from '../../../model/rollout-record.ts';
import type { ExecutionHeader } from '../../../ports/store.ts';
import type { Session } from '../command.ts';
import { fleetSchemas } from '../databases/fleet-databases.ts';
import { undoOffers } from '../databases/undo-offer.ts';
import { noteSchemasNow } from '../databases/schema-record.ts';
import { whoAmI } from './fleet-session.ts';
import type { LockedFleet } from './locked-fleet.ts';
import type { Progress } from '../progress.ts';
import { createLocate } from '../reading/release-locator.ts';

export interface CarryOutOptions {
  readonly kind: 'apply' | 'rollback';
  readonly plan: Plan;
  readonly record: RolloutRecord;
  /** The execution that is resumed. */
  readonly resume?: { readonly header: ExecutionHeader; readonly journal: readonly JournalEntry[] };
  readonly membership?: readonly (readonly string[])[];
  readonly parallelism: number;
  readonly wait: boolean;
  /** Command line that goes on with it. */
  readonly again: string;
}

export async function carryOutPlan(
  session: Session,
  locked: LockedFleet,
  options: CarryOutOptions,
  progress: Progress,
): Promise<number> {
  const { fleet, observed, token, lost } = locked;
  const { desired, store, transport, directory, sources } = fleet;
  const { plan, resume, kind, parallelism, wait } = options;
  let approvals = desired.approvals;
  const report = await execute(
    {
      header: resume?.header ?? newHeader(session, plan, kind),
      plan,
      nodes: desired.fleet.nodes,
      tenants: desired.tenants,
      observed,
      journal: resume?.journal ?? null,
      record: options.record,
      ...(options.membership === undefined ? {} : { membership: options.membership }),
      token,
      actions: actionOf,
      policy: {
        parallelism,
        // What a person rolls back is not rolled forward again behind their back.
        onFailure: kind === 'apply' ? desired.rollout.onFailure : 'pause',
        patienceMs: desired.rollout.health.timeoutMs,
        wait,
        maxReplicationLagMs: desired.rollout.health.maxReplicationLagMs,
      },
      locate: await createLocate(desired, directory, session),
      // A file that is being edited must not end a rollout: what could be read last counts.
      approvals: async () => {
        const loaded = await sources.loadFleet(directory, undefined).catch(ifBug);
        approvals = loaded?.desired?.approvals ?? approvals;
        return approvals;
      },
      emit: (event) => progress.emit(event),
      soft: session.interrupts.soft,
      hard: session.interrupts.hard,
      lost,
    },
    {
      store,
      transport,
      clock: session.clock,
      metrics: metricsOf(session, locked.fleet),
      schemas: fleetSchemas(session, directory, desired),
    },
  );
  const mayLook = desired.migrations.length > 0 && !lost.aborted && !session.interrupts.hard.aborted;
  const after = mayLook ? await noteSchemasNow(session, locked) : undefined;
  progress.close();
  const isBack = report.result === 'rolled-back' || (kind === 'rollback' && report.result === 'done');
  const offers = isBack && after !== undefined ? undoOffers(desired, after, report.record) : [];
  tell(session, report, options.again, offers);
  if (report.result !== 'interrupted') return report.exitCode;
  return session.interrupts.signal() === 'SIGTERM' ? exitCode.terminated : exitCode.interrupted;
}

/** Files may be replaced while they are read. */
function ifBug(error: unknown): undefined {
  if (!(error instanceof ThemisError) || error.code === 'BUG') throw error;
}

/** Opened when the first gate asks: a rollout without gates needs no source of metrics. */
function metricsOf(session: Session, { desired, directory, transport }: LockedFleet['fleet']): MetricsSource {
  const { metrics, nodes } = desired.fleet;
  const { clock, environment } = session;
  const said = new Set<string>();
  const warn = (message: string): void => {
    if (said.has(message)) return;
    said.add(message);
    session.err.write(`warning: ${message}\n`);
  };
  const around = { fleetDirectory: directory, environment, transport, nodes, clock, warn };
  return { signals: metrics.signals, open: (wanted) => openMetrics(wanted, metrics.provider, around) };
}

function newHeader(session: Session, plan: Plan, kind: 'apply' | 'rollback'): ExecutionHeader {
  const startedAt = formatInstant(session.clock.nowMs());
  const { planDigest, targetDigest } = plan;
  const stamp = startedAt.replaceAll(/[^0-9]/gu, '').slice(0, 17);
  const id = `${kind}-${stamp}-${planDigest.slice('sha256:'.length, 'sha256:'.length + 8)}`;
  return { id, kind, planDigest, targetDigest, startedAt, by: whoAmI() };
}

function tell(session: Session, report: ExecutionReport, again: string, offers: readonly string[]): void {
  if (session.verbosity === 'quiet') return;
  const { result, detail, resumable } = report;
  session.err.write(`${result}: ${detail}\n`);
  if (resumable) session.err.write(`Go on with: ${again}\n`);
  for (const offer of offers) session.err.write(`${offer}\n`);
}
