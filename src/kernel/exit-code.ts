/** Process exit codes: an interface for scripts, see README. Errors map through `exitCodeOf`. */
export const exitCode = {
  done: 0,
  failed: 1,
  changes: 2,
  invalid: 3,
  refused: 4,
  locked: 5,
  rolledBack: 6,
  rollbackIncomplete: 7,
  stale: 8,
  notFinished: 9,
  usage: 64,
  runtimeMissing: 69,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
