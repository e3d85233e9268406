import { ThemisError } from '../../kernel/error.ts';

export function refuseBzip2(why: string): ThemisError {
  return new ThemisError('PATCH_INVALID', `A bzip2 stream of the patch is not valid: ${why}.`, {
    reason: 'BZIP2_INVALID',
  });
}
