/**
 * Tries for locks: each try waits so briefly that nobody behind it notices, and the pauses between them grow, so that a
 * long transaction of somebody else is outlasted without holding up its company. What the waiting took is kept apart from
 * the work.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { stopIfAsked } from '../request.ts';
import type { StepCall } from './call.ts';

const defaultPatienceMs = 10 * 60_000;
const growth = 1.5;
const longestPauseMs = 1000;
/** Where no lock timeout is set, which is for tests. */
const shortestPauseMs = 10;

/** Throws DATABASE_LOCKED when patience is over, and what else the work throws. `locked` is told before each new try. */
export async function patiently<Result>(
  call: StepCall,
  attempt: () => Promise<Result>,
  locked: () => void = () => {},
): Promise<Result> {
  const { parts } = call.work;
  const { clock, settings, random } = parts;
  const patienceMs = settings.lockPatienceMs ?? defaultPatienceMs;
  const fromMs = clock.steadyMs();
  let pauseMs = Math.max(shortestPauseMs, settings.lockTimeoutMs);
  for (let tries = 1; ; tries += 1) {
    stopIfAsked(parts);
    const triedMs = clock.steadyMs();
    try {
      const result = await attempt();
      call.figures.executionMs += clock.steadyMs() - triedMs;
      call.figures.lockWaitMs += triedMs - fromMs;
      return result;
    } catch (error) {
      if (!(error instanceof ThemisError) || error.code !== 'DATABASE_LOCKED') throw error;
      const waitedMs = clock.steadyMs() - fromMs;
      if (waitedMs >= patienceMs) {
        call.figures.lockWaitMs += waitedMs;
        throw new ThemisError(
          'DATABASE_LOCKED',
          `${error.message} (${tries} tries in ${Math.round(waitedMs / 1000)} s)`,
          {
            cause: error,
            hint: 'Find the transaction that holds the lock, or ask again when there is less to do.',
          },
        );
      }
      if (tries === 1) parts.emit({ type: 'waiting', on: 'lock', detail: `${call.title}: ${error.message}` });
    }
    locked();
    await clock.sleep(pauseMs * (0.5 + random()), parts.signal);
    pauseMs = Math.min(longestPauseMs, pauseMs * growth);
  }
}
