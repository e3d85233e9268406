/** How an execution ended, in the words of history and in an exit code. Pure. */
import { exitCodeOf, isErrorCode } from '../../kernel/error.ts';
import { exitCode } from '../../kernel/exit-code.ts';
import type { ExecutionResult } from '../../model/event.ts';
import type { FailedStep, Stop, StepperEnd } from './decision.ts';

export interface Conclusion {
  readonly result: ExecutionResult;
  readonly exitCode: number;
  readonly detail: string;
  /** False: it stays open and the same plan goes on where it stopped. */
  readonly closes: boolean;
  /** Everything that was done has been taken back, or was meant to be. */
  readonly rolledBack: boolean;
}

/**
 * Targets, when a run was stopped: whose step came to its end, who was not waited for, which databases were left between
 * two batches, and whose staging ended or did not.
 */
export interface Hands {
  readonly finished: readonly string[];
  readonly left: readonly string[];
  readonly databases: readonly string[];
  readonly stopped: readonly string[];
  readonly staging: readonly string[];
}

const noHands: Hands = { finished: [], left: [], databases: [], stopped: [], staging: [] };

/** `earlier`: nodes that other runs of the rollout changed: a run takes back only what it did itself. */
export function conclude(
  end: StepperEnd,
  direction: 'forward' | 'back',
  changed: boolean,
  earlier: readonly string[] = [],
  hands: Hands = noHands,
): Conclusion {
  switch (end.kind) {
    case 'done':
      return closing(
        changed ? 'done' : 'nothing-to-do',
        exitCode.done,
        changed ? 'every step is done' : 'nothing was left to do',
      );
    case 'paused':
      return closing(
        'paused',
        stuckCode(end.failed) ?? refusalCode(end.failed, changed) ?? exitCode.failed,
        told(end.failed),
      );
    case 'undone': {
      const refused = refusalCode(end.failed, changed);
      if (refused !== undefined) return closing('paused', refused, `${told(end.failed)}; nothing was changed`);
      if (earlier.length > 0) return { ...leftByOthers(end.failed, earlier), rolledBack: true };
      return {
        ...closing('rolled-back', exitCode.rolledBack, `${told(end.failed)}; everything was rolled back`),
        rolledBack: true,
      };
    }
    case 'undo-incomplete': {
      const detail = `${told(end.failed)}; not rolled back: ${listed(end.left)}`;
      return { ...closing('rollback-incomplete', exitCode.rollbackIncomplete, detail), rolledBack: true };
    }
    case 'not-finished':
      return {
        ...open('not-finished', end.refused ? exitCode.refused : exitCode.notFinished, end.detail),
        closes: end.over,
      };
    case 'stalled':
      return unfinished(direction, end.detail);
    case 'stopped':
      return concludeStop(end.stop, direction, hands);
  }
}

function leftByOthers(failed: readonly FailedStep[], earlier: readonly string[]): Conclusion {
  const detail = `${told(failed)}; what this run did was rolled back, but ${listed(earlier)} keep${earlier.length === 1 ? 's' : ''} what an earlier run did; take it back with \`themis rollback node/${earlier[0]!}\``;
  return closing('rollback-incomplete', exitCode.rollbackIncomplete, detail);
}

function concludeStop(stop: Stop, direction: 'forward' | 'back', hands: Hands): Conclusion {
  switch (stop.kind) {
    case 'interrupted':
      return open('interrupted', exitCode.interrupted, handsText(hands));
    case 'cancelled':
      return closing('cancelled', exitCode.failed, `by ${stop.by}`);
    case 'suspended':
      return open(
        'not-finished',
        exitCode.notFinished,
        `suspended by ${stop.by}: ${stop.reason}; lift it first: themis resume`,
      );
    case 'stale':
      return closing('stale', exitCode.stale, stop.detail);
    case 'postponed':
      return open('not-finished', exitCode.notFinished, `${stop.step}: ${stop.failure.message.replace(/\.$/u, '')}`);
    case 'lost':
      return unfinished(direction, `what became of ${stop.step} is not known: ${stop.failure.message}`);
  }
}

function handsText({ finished, left, databases, stopped, staging }: Hands): string {
  const words: string[] = [];
  if (finished.length > 0) words.push(`what was in hand came to its end: ${listed(finished)}`);
  if (left.length > 0) words.push(`not waited for, each ends by itself: ${listed(left)}`);
  if (databases.length > 0) words.push(`work was stopped and goes on from there next time: ${listed(databases)}`);
  if (stopped.length > 0) words.push(`staging was stopped and goes on from there next time: ${listed(stopped)}`);
  if (staging.length > 0) words.push(`staging has not stopped: ${listed(staging)}`);
  return words.length === 0 ? 'nothing was in hand' : words.join('; ');
}

/** Stays open: the next run asks again. */
function unfinished(direction: 'forward' | 'back', detail: string): Conclusion {
  return direction === 'forward'
    ? open('paused', exitCode.failed, detail)
    : open('rollback-incomplete', exitCode.rollbackIncomplete, detail);
}

function closing(result: ExecutionResult, code: number, detail: string): Conclusion {
  return { result, exitCode: code, detail, closes: true, rolledBack: false };
}

function open(result: ExecutionResult, code: number, detail: string): Conclusion {
  return { result, exitCode: code, detail, closes: false, rolledBack: false };
}

/** A node that could not take itself back needs a person, whatever the rollout does about the others. */
function stuckCode(failed: readonly FailedStep[]): number | undefined {
  return failed.some((one) => exitOf(one) === exitCode.rollbackIncomplete) ? exitCode.rollbackIncomplete : undefined;
}

/** Nothing was changed anywhere and nothing was even tried: the reason itself is the result. */
function refusalCode(failed: readonly FailedStep[], changed: boolean): number | undefined {
  if (changed || failed.length === 0 || !failed.every((one) => one.refused)) return undefined;
  return exitOf(failed[0]!);
}

function exitOf(one: FailedStep): number {
  return isErrorCode(one.failure.code) ? exitCodeOf(one.failure.code) : exitCode.failed;
}

function told(failed: readonly FailedStep[]): string {
  const first = failed[0]!;
  const others = failed.length === 1 ? '' : ` (and ${failed.length - 1} more)`;
  return `${first.step} failed: ${first.failure.message.replace(/\.$/u, '')}${others}`;
}

function listed(ids: readonly string[]): string {
  return ids.length <= 5 ? ids.join(', ') : `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more`;
}
