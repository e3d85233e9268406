/**
 * Work under the fleet's lock, in the order that makes it safe: take the lease, look at every node, end what an
 * earlier run left open on them, and only then plan or touch anything.
 */
import { randomUUID } from 'node:crypto';
import { ownHolder } from '../../../adapters/process/process-facts.ts';
import { keepLease, takeLease } from '../../../fleet/lease.ts';
import { NodeCalls } from '../../../fleet/node-calls.ts';
import { nodesInDoubt, recoverNodes } from '../../../fleet/recover.ts';
import { exitCodeOf, isErrorCode } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import type { Observed } from '../../../model/observed.ts';
import type { Session } from '../command.ts';
import type { FleetSession } from './fleet-session.ts';
import { noteSchemas } from '../databases/schema-record.ts';
import type { Progress } from '../progress.ts';
import { lookAtFleet } from '../databases/look-at-fleet.ts';

export interface LockedFleet {
  readonly fleet: FleetSession;
  readonly observed: Observed;
  readonly token: number;
  /** Aborts when the lock is lost; its reason is the error. */
  readonly lost: AbortSignal;
}

export interface LockOptions {
  readonly purpose: string;
  readonly timeoutMs: number;
  readonly parallelism: number;
  /** Only look: what an earlier run left open on nodes stays as it is. */
  readonly lookOnly?: boolean;
}

/** Throws ALREADY_IN_PROGRESS, FENCED or CANCELLED. */
export async function withLock(
  session: Session,
  fleet: FleetSession,
  options: LockOptions,
  progress: Progress,
  work: (locked: LockedFleet) => Promise<number>,
): Promise<number> {
  const { store, transport, desired } = fleet;
  const { soft } = session.interrupts;
  const held = await takeLease(store.lease, ownHolder(randomUUID(), options.purpose), session.clock, {
    timeoutMs: options.timeoutMs,
    signal: soft,
    onWait: ({ holder, acquiredAt }) => {
      const detail = `${holder.who} (pid ${holder.pid}) has held the lock since ${acquiredAt}`;
      progress.emit({ type: 'waiting', on: 'lock', detail, until: null });
    },
  });
  const lease = keepLease(held, session.clock);
  try {
    const seen = await lookAtFleet(session, fleet, { full: false, signal: soft });
    const locked = { fleet, observed: seen, token: lease.token, lost: lease.lost };
    if (options.lookOnly === true) return await work(locked);
    const calls = new NodeCalls(transport, desired.fleet.nodes, { store: store.id, token: lease.token });
    const recovery = await recoverNodes(seen, calls, {
      clock: session.clock,
      inDoubt: await nodesInDoubt(store),
      parallelism: options.parallelism,
      signal: soft,
      emit: (event) => progress.emit(event),
    });
    if (recovery.failed.length > 0) {
      for (const { node, failure } of recovery.failed) session.err.write(`error: ${node}: ${failure.message}\n`);
      session.err.write('hint: end what is open on these nodes first, with `themis node recover` there\n');
      const codes = recovery.failed.map(({ failure }) => (isErrorCode(failure.code) ? exitCodeOf(failure.code) : 1));
      return codes.includes(exitCode.rollbackIncomplete) ? exitCode.rollbackIncomplete : exitCode.failed;
    }
    await noteSchemas(session, locked, recovery.observed);
    return await work({ ...locked, observed: recovery.observed });
  } finally {
    await lease.release();
  }
}
