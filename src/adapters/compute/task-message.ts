/** What crosses between a pool and its workers. */
import { type ErrorCode, ThemisError } from '../../kernel/error.ts';

export interface TaskRequest {
  readonly id: number;
  readonly task: string;
  readonly input: unknown;
}

export type TaskReply =
  /** Sent once, when the worker can take requests. */
  | { readonly id: null }
  | { readonly id: number; readonly ok: true; readonly output: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: TaskFailure };

/** An error as plain data. Its cause stays behind: it may be anything. */
export interface TaskFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly reason?: string;
}

export function toTaskFailure(error: unknown, task: string): TaskFailure {
  if (!(error instanceof ThemisError)) {
    return { code: 'BUG', message: `Task ${task} failed: ${error instanceof Error ? error.message : String(error)}` };
  }
  const { code, message, hint, reason } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }), ...(reason === undefined ? {} : { reason }) };
}

export function fromTaskFailure({ code, message, ...rest }: TaskFailure): ThemisError {
  return new ThemisError(code, message, rest);
}

export function cancelledTask(task: string): ThemisError {
  return new ThemisError('CANCELLED', `Task ${task} was cancelled.`);
}

export function unknownTask(task: string): ThemisError {
  return new ThemisError('BUG', `There is no task ${JSON.stringify(task)}.`);
}
