/** Why a ZSTD_DICT patch is refused: PATCH_INVALID with one of these as its reason. */
import { ThemisError } from '../../kernel/error.ts';

export type ZstdReason =
  // what it is
  | 'NOT_ZSTD'
  | 'LEGACY_FRAME'
  | 'SKIPPABLE_FRAME'
  | 'RESERVED_BIT'
  | 'DICTIONARY_NAMED'
  // how it is put together
  | 'TRUNCATED'
  | 'BLOCK_RESERVED'
  | 'BLOCK_TOO_LARGE'
  | 'SECOND_FRAME'
  | 'TRAILING_BYTES'
  // what it would make
  | 'TOO_LARGE'
  | 'CONTENT_SIZE'
  | 'WINDOW_TOO_LARGE'
  | 'TARGET_SIZE'
  | 'CORRUPT'
  // what this machine cannot
  | 'NO_MEMORY';

export function refuseZstd(reason: ZstdReason, why: string, cause?: unknown): never {
  throw new ThemisError('PATCH_INVALID', `The ZSTD_DICT patch ${why}.`, { reason, cause });
}
