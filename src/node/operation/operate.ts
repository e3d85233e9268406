/**
 * Update, rollback and recovery as a node takes them on: who may, whether the operation is known already, what was
 * left open before, whether it can succeed; only then is it accepted. Afterwards it needs nobody any more.
 */
import { ThemisError } from '../../kernel/error.ts';
import { formatInstant } from '../../kernel/units/instant.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { Authority, NodeProgress, NodeRequest, OperationResult } from '../../model/message.ts';
import type { NodeContext } from '../context.ts';
import { probe } from '../probe.ts';
import { checkAuthority, noteAuthority } from '../state/authority.ts';
import { alreadyInProgress, awaitLock, takeLock } from '../state/lock.ts';
import { readRecord } from '../state/node-record.ts';
import { openJournal } from './journal.ts';
import { acceptOperation, readCurrent, readOpen, readResult, tidyAfter } from './open-operation.ts';
import { createOperation, specOf } from './operation.ts';
import type { OperationSpec } from './operation.ts';
import { preflightRollback, preflightUpdate } from './preflight.ts';
import { runOperation } from './run.ts';
import { refuseLeader } from './service-steps.ts';

type Of<K extends NodeRequest['kind']> = Extract<NodeRequest, { kind: K }>;
type OnProgress = (progress: NodeProgress) => void;

/** Throws where the request is refused: the node is then as it was. */
export async function operate(
  context: NodeContext,
  request: Of<'update'> | Of<'rollback'>,
  onProgress: OnProgress,
): Promise<OperationResult> {
  await checkAuthority(context, request.authority);
  const lock = await lockFor(context, request);
  try {
    await checkAuthority(context, request.authority);
    const known = await readResult(context, request.operation);
    const open = await readOpen(context);
    if (open !== null) {
      const result = await goOn(context, open, request.authority, onProgress);
      if (specOf(open).operation === request.operation) return result;
      if (result.kind === 'stuck') throw stillStuck(context, specOf(open), result);
    } else {
      await tidyAfter(context);
    }
    if (known !== null && !gaveWay(known)) return known;
    onProgress({ kind: 'progress', phase: 'preflight' });
    const verdict =
      request.kind === 'update' ? await preflightUpdate(context, request) : await preflightRollback(context, request);
    if (verdict === 'unchanged') return { kind: 'unchanged' };
    // Before any work; it is asked again right before the drain.
    if (request.unlessLeading === true) await refuseLeader(context);
    await noteAuthority(context, request.authority);
    const spec = await specFor(context, request);
    const { token } = request.authority;
    const journal = await acceptOperation(context, spec, token);
    const result = await runOperation(createOperation(context, spec, token, onProgress), journal);
    await tidyQuietly(context, result);
    return result;
  } finally {
    await lock.release();
  }
}

/** Finishes or takes back what was cut off; waits for what is running. */
export async function recover(
  context: NodeContext,
  authority: Authority | null,
  onProgress: OnProgress,
): Promise<OperationResult> {
  // First of all: an operation that runs learns that its holder was replaced, and stops where it still can.
  if (authority !== null) await noteAuthority(context, authority);
  const awaited = await readCurrent(context);
  const lock = await awaitLock(context);
  try {
    const open = await readOpen(context);
    if (open !== null) return await goOn(context, open, authority, onProgress);
    await tidyAfter(context);
    return (awaited === null ? null : await readResult(context, awaited)) ?? { kind: 'unchanged' };
  } finally {
    await lock.release();
  }
}

/** Before any other work under the lock: nothing is built on a half-made tree. */
export async function settle(context: NodeContext, onProgress: OnProgress): Promise<void> {
  const open = await readOpen(context);
  if (open === null) {
    await tidyAfter(context);
    return;
  }
  const result = await goOn(context, open, null, onProgress);
  if (result.kind === 'stuck') throw stillStuck(context, specOf(open), result);
}

async function goOn(
  context: NodeContext,
  entries: readonly JournalEntry[],
  authority: Authority | null,
  onProgress: OnProgress,
): Promise<OperationResult> {
  if (authority !== null) await noteAuthority(context, authority);
  const token = authority?.token ?? (await readRecord(context)).highestToken;
  const spec = specOf(entries);
  const journal = await openJournal(context, spec.operation, token);
  const result = await runOperation(createOperation(context, spec, token, onProgress, true), journal);
  await tidyQuietly(context, result);
  return result;
}

/** The result stands; what is left lying about is found by whoever comes next. */
async function tidyQuietly(context: NodeContext, result: OperationResult): Promise<void> {
  if (result.kind === 'stuck') return;
  await tidyAfter(context).catch(() => {});
}

/** The lock; for the operation that is running under it right now, once it has ended. */
async function lockFor(context: NodeContext, request: Of<'update'> | Of<'rollback'>) {
  const lock = await takeLock(context);
  if (lock !== null) return lock;
  if ((await readCurrent(context)) === request.operation) return awaitLock(context);
  await noteAuthority(context, request.authority);
  throw alreadyInProgress(context);
}

async function specFor(context: NodeContext, request: Of<'update'> | Of<'rollback'>): Promise<OperationSpec> {
  const status = await context.service.status();
  const { health } = await probe(context);
  const common = {
    operation: request.operation,
    acceptedAt: formatInstant(context.clock.nowMs()),
    healthTimeoutMs: request.healthTimeoutMs,
    wasRunning: status.kind === 'running',
    wasHealthy: status.kind !== 'stopped' && (health.status === 'healthy' || health.status === 'unknown'),
    ...(request.unlessLeading === true ? { unlessLeading: true } : {}),
    ...(request.mayGoLeaderless === true ? { mayGoLeaderless: true } : {}),
  };
  if (request.kind === 'update') {
    const { releases, restorePoint } = request;
    return { ...common, kind: 'update', releases, restoreTo: null, restorePoint, temporary: false };
  }
  return {
    ...common,
    kind: 'rollback',
    releases: [],
    restoreTo: request.restorePoint,
    restorePoint: request.keep ?? `undo-${request.operation}`,
    temporary: request.keep === null,
  };
}

/** To a newer holder, or because it led: whoever asked may well ask for the same again. That is no verdict on the update. */
function gaveWay(result: OperationResult): boolean {
  return result.kind === 'rolled-back' && (result.failure.code === 'FENCED' || result.failure.code === 'LEADS');
}

function stillStuck(
  context: NodeContext,
  spec: OperationSpec,
  { failure }: Extract<OperationResult, { kind: 'stuck' }>,
): ThemisError {
  return new ThemisError(
    'ROLLBACK_INCOMPLETE',
    `Operation ${spec.operation} on ${context.config.name} could be neither finished nor taken back: ${failure.message}`,
    { hint: 'Remove the cause, then run: themis node recover' },
  );
}
