import { ThemisError } from '../../kernel/error.ts';

export function refusePatch(why: string, cause?: unknown): ThemisError {
  return new ThemisError('PATCH_INVALID', `The patch is not a valid REFMIX patch: ${why}.`, { cause });
}
