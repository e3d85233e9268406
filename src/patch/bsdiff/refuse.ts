import { ThemisError } from '../../kernel/error.ts';

export function refuseBsdiff(why: string, cause?: unknown): ThemisError {
  return new ThemisError('PATCH_INVALID', `The patch is not a valid BSDIFF patch: ${why}.`, { cause });
}
