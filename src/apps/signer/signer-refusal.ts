import { type ErrorCode, ThemisError } from '../../kernel/error.ts';

/** `reason` is the code in the answer; docs/exec-signer.md lists them. */
export function refuseToSign(code: ErrorCode, reason: string, message: string, hint?: string): never {
  throw new ThemisError(code, message, hint === undefined ? { reason } : { reason, hint });
}
