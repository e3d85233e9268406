/** Taking the fleet's lease, waiting for it, and keeping it while a run goes on. */
import { ThemisError, toFailure } from '../kernel/error.ts';
import { formatDuration } from '../kernel/units/duration.ts';
import { parseInstant } from '../kernel/units/instant.ts';
import type { Clock } from '../ports/clock.ts';
import type { HeldLease, Lease, LeaseHolder, LeaseState } from '../ports/store.ts';
import { momentOf, type Now } from './now.ts';

export const leaseTtlMs = 60_000;
const pollMs = 1000;

export interface LeaseWait {
  /** How long to wait for somebody else; 0: not at all. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onWait: (state: LeaseState) => void;
}

/** Throws ALREADY_IN_PROGRESS, naming who holds it, or CANCELLED. */
export async function takeLease(lease: Lease, holder: LeaseHolder, clock: Clock, wait: LeaseWait): Promise<HeldLease> {
  const endMs = clock.steadyMs() + wait.timeoutMs;
  let said = false;
  for (;;) {
    const held = await lease.acquire(holder, leaseTtlMs);
    if (held !== null) return held;
    const state = await lease.current();
    if (state === null) continue;
    if (clock.steadyMs() >= endMs) throw inProgress(state, clock.nowMs());
    if (!said) wait.onWait(state);
    said = true;
    await clock.sleep(Math.min(pollMs, endMs - clock.steadyMs()), wait.signal);
    if (wait.signal.aborted) throw new ThemisError('CANCELLED', 'stopped while waiting for the lock of the fleet');
  }
}

export function inProgress(state: LeaseState, nowMs: number): ThemisError {
  const { holder } = state;
  const sinceMs = nowMs - (parseInstant(state.acquiredAt) ?? nowMs);
  return new ThemisError(
    'ALREADY_IN_PROGRESS',
    `${holder.who} (pid ${holder.pid} on ${holder.host}) has held the lock of this fleet since ${state.acquiredAt} ` +
      `(${formatDuration(Math.max(0, sinceMs))}) for ${holder.purpose}`,
    {
      hint:
        `wait with --lock-timeout 10m, or, when you are sure that process is gone, ` +
        `run themis force-unlock ${state.token}`,
    },
  );
}

function elapsedMs(from: Now, to: Now): number {
  return Math.max(to.nowMs - from.nowMs, to.steadyMs - from.steadyMs);
}

export interface KeptLease {
  readonly token: number;
  /** Aborts, with the reason, when the lease is lost. */
  readonly lost: AbortSignal;
  /** Stops renewing and gives the lease back. */
  release(): Promise<void>;
}

/**
 * Renews three times per lifetime. A store that cannot be written is tried again until the lease would have run
 * out; after that somebody else may hold it, which counts as lost. Whoever takes it over goes by the calendar, so time
 * counts both ways here: whichever clock says first that it is over.
 */
export function keepLease(lease: HeldLease, clock: Clock, ttlMs = leaseTtlMs): KeptLease {
  const stopped = new AbortController();
  const lost = new AbortController();
  async function keep(): Promise<void> {
    let renewed = momentOf(clock);
    for (;;) {
      await clock.sleep(ttlMs / 3, stopped.signal);
      if (stopped.signal.aborted) return;
      const started = momentOf(clock);
      try {
        await lease.renew(ttlMs);
        renewed = started;
      } catch (error) {
        if (toFailure(error).code !== 'FENCED' && elapsedMs(renewed, momentOf(clock)) < ttlMs) continue;
        lost.abort(
          new ThemisError('FENCED', 'the lock of this fleet was lost', {
            cause: error,
            hint: 'nothing more was touched; run the command again',
          }),
        );
        return;
      }
    }
  }
  const keeping = keep();
  return {
    token: lease.token,
    lost: lost.signal,
    async release() {
      stopped.abort();
      await keeping;
      if (!lost.signal.aborted) await lease.release();
    },
  };
}
