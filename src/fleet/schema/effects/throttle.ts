/**
 * Copies give way: before the next batch they wait while writers take too long or replicas fall behind. A pause has an
 * end, after which one small batch is done: a statement of somebody that runs for hours must not stop a copy for hours.
 */
import type { DatabaseSession } from '../../../ports/schema/database.ts';
import { stopIfAsked, type ThrottleLimits } from '../request.ts';
import type { StepCall } from './call.ts';

export interface Load {
  /** Of the age of statements that write, or that wait for us, right now: 99 of 100 are younger. */
  readonly writerP99Ms: number;
  readonly replicationLagMs: number;
}

/** `none`: there was no need to. `over`: it is as bad as before, and has been for as long as a copy stands still. */
export type Pause = 'none' | 'waited' | 'over';

const [shortestPauseMs, longestPauseMs] = [100, 2000];
const standsStillMs = 30_000;

/**
 * In the transaction of a batch, last of all, it sees who waits for that. Without the right to see what others run
 * (pg_read_all_stats), there is nobody.
 */
export async function readLoad(session: DatabaseSession): Promise<Load> {
  const { rows } = await session.query(`
    SELECT (
      SELECT percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM clock_timestamp() - query_start) * 1000)
      FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()
        AND state = 'active' AND (backend_xid IS NOT NULL OR pg_backend_pid() = ANY (
          CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}'::integer[] END))
    ) AS writers, (SELECT max(extract(epoch FROM replay_lag) * 1000) FROM pg_stat_replication) AS lag`);
  const row = rows[0]!;
  return { writerP99Ms: Number(row['writers'] ?? 0), replicationLagMs: Number(row['lag'] ?? 0) };
}

export async function giveWay(call: StepCall, before: Load): Promise<Pause> {
  const { work, run, title } = call;
  const { clock, emit, signal } = work.parts;
  if (!isAbove(before, run.throttle)) return 'none';
  const { writerP99Ms, replicationLagMs } = before;
  const detail = `${title}: writers take ${Math.round(writerP99Ms)} ms, replicas are ${Math.round(replicationLagMs)} ms behind`;
  emit({ type: 'waiting', on: 'writers', detail });
  const untilMs = clock.steadyMs() + standsStillMs;
  for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    await clock.sleep(pauseMs, signal);
    stopIfAsked(work.parts);
    if (!isAbove(await readLoad(work.session), run.throttle)) return 'waited';
    if (clock.steadyMs() >= untilMs) return 'over';
  }
}

function isAbove(load: Load, limits: ThrottleLimits): boolean {
  return load.writerP99Ms > limits.maxWriterP99Ms || load.replicationLagMs > limits.maxReplicationLagMs;
}
