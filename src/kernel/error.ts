import { exitCode } from './exit-code.ts';
import type { Failure, Retry } from './outcome.ts';

/**
 * The one error class. Adapters wrap foreign errors in it; only `node/.../run`, `fleet/.../run` and the
 * mains of apps catch it. The code decides the exit code and whether trying again can help, so the union
 * is closed: a new code is a decision. Secrets never enter a message.
 */
const codes = {
  // usage and environment
  USAGE: { exit: 64, retry: 'human' },
  RUNTIME_MISSING: { exit: 69, retry: 'human' },
  BUG: { exit: 70, retry: 'never' },
  CANCELLED: { exit: 130, retry: 'backoff' },
  IO: { exit: 1, retry: 'backoff' },
  NO_SPACE: { exit: 1, retry: 'human' },
  NOT_FOUND: { exit: 1, retry: 'human' },
  TIMEOUT: { exit: 1, retry: 'backoff' },
  UNREACHABLE: { exit: 1, retry: 'backoff' },
  RATE_LIMITED: { exit: 1, retry: 'backoff' },
  GIT: { exit: 1, retry: 'human' },
  MESSAGE_INVALID: { exit: 1, retry: 'never' },
  // desired state and files
  INVALID_DESIRED: { exit: 3, retry: 'human' },
  UNSUPPORTED_FORMAT: { exit: 3, retry: 'human' },
  // coordination
  ALREADY_IN_PROGRESS: { exit: 5, retry: 'backoff' },
  FENCED: { exit: 5, retry: 'never' },
  FOREIGN_STORE: { exit: 4, retry: 'human' },
  STALE_PLAN: { exit: 8, retry: 'human' },
  // schemas of databases
  DATABASE_LOCKED: { exit: 1, retry: 'backoff' },
  DATABASE_CONFLICT: { exit: 1, retry: 'human' },
  DATABASE_REFUSED: { exit: 1, retry: 'human' },
  COPY_MISMATCH: { exit: 1, retry: 'human' },
  MIGRATION_CHANGED: { exit: 8, retry: 'human' },
  MIGRATION_REFUSED: { exit: 4, retry: 'human' },
  PLUGIN_FAILED: { exit: 1, retry: 'human' },
  // trust: refused before anything is written
  UNSIGNED: { exit: 4, retry: 'human' },
  SIGNATURE_MALFORMED: { exit: 4, retry: 'human' },
  SIGNATURE_INVALID: { exit: 4, retry: 'human' },
  SIGNER_UNTRUSTED: { exit: 4, retry: 'human' },
  CERTIFICATE_INVALID: { exit: 4, retry: 'human' },
  TIMESTAMP_INVALID: { exit: 4, retry: 'human' },
  ANCHORS_INVALID: { exit: 4, retry: 'human' },
  ANCHORS_CHANGED: { exit: 4, retry: 'human' },
  MANIFEST_INVALID: { exit: 4, retry: 'human' },
  MANIFEST_HASH_MISMATCH: { exit: 4, retry: 'human' },
  FILE_HASH_MISMATCH: { exit: 4, retry: 'human' },
  DELTA_INVALID: { exit: 4, retry: 'human' },
  PATCH_INVALID: { exit: 4, retry: 'human' },
  FILE_MISSING: { exit: 4, retry: 'human' },
  FILE_UNLISTED: { exit: 4, retry: 'human' },
  UNSAFE_PATH: { exit: 4, retry: 'human' },
  PATH_CASE_COLLISION: { exit: 4, retry: 'human' },
  SYMLINK_REFUSED: { exit: 4, retry: 'human' },
  PLATFORM_MISMATCH: { exit: 4, retry: 'human' },
  RELEASE_MISMATCH: { exit: 4, retry: 'human' },
  RELEASE_EXPIRED: { exit: 4, retry: 'human' },
  INDEX_INVALID: { exit: 4, retry: 'human' },
  INDEX_STALE: { exit: 4, retry: 'human' },
  POLICY_REFUSED: { exit: 4, retry: 'human' },
  SIGNER_FAILED: { exit: 1, retry: 'human' },
  // a node's own work
  UNEXPECTED_STATE: { exit: 8, retry: 'human' },
  LEADS: { exit: 1, retry: 'backoff' },
  GATE_FAILED: { exit: 6, retry: 'human' },
  EVIDENCE_INSUFFICIENT: { exit: 6, retry: 'human' },
  NOT_STAGED: { exit: 1, retry: 'backoff' },
  RESTORE_POINT_MISSING: { exit: 4, retry: 'human' },
  RESTORE_POINT_DAMAGED: { exit: 7, retry: 'human' },
  SERVICE_FAILED: { exit: 1, retry: 'human' },
  DRAIN_FAILED: { exit: 1, retry: 'backoff' },
  UNHEALTHY: { exit: 6, retry: 'human' },
  JOURNAL_DAMAGED: { exit: 7, retry: 'human' },
  ROLLBACK_INCOMPLETE: { exit: 7, retry: 'human' },
} as const satisfies Record<string, { readonly exit: number; readonly retry: Retry }>;

export type ErrorCode = keyof typeof codes;

export class ThemisError extends Error {
  override readonly name = 'ThemisError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** The finer code behind `code`, where a room keeps one: which item of a checklist refused. */
  readonly reason: string | undefined;
  /** When whoever refused said to come back. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; hint?: string; reason?: string; retryAfterMs?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export function exitCodeOf(code: ErrorCode): number {
  return codes[code].exit;
}

/** Of what is not to be believed or not allowed; a foreign code is none. */
export function isRefusal({ code }: { readonly code: string }): boolean {
  return isErrorCode(code) && exitCodeOf(code) === exitCode.refused;
}

export function retryOf(code: ErrorCode): Retry {
  return codes[code].retry;
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(codes, text);
}

/** What a journal, a wire message or a report keeps of an error. A foreign error is a bug of the adapter that let it through. */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof ThemisError)) {
    return { code: 'BUG', message: error instanceof Error ? error.message : String(error), retry: 'never' };
  }
  return {
    code: error.code,
    message: error.message,
    retry: retryOf(error.code),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(error.retryAfterMs) }),
  };
}

export function fromFailure(failure: Failure): ThemisError {
  const code = isErrorCode(failure.code) ? failure.code : 'BUG';
  const { hint, retryAfterMs } = failure;
  return new ThemisError(code, failure.message, {
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
