/** Why a VCDIFF patch is refused: PATCH_INVALID with one of these as its reason. */
import { ThemisError } from '../../kernel/error.ts';

export type VcdiffReason =
  // what it is
  | 'NOT_VCDIFF'
  | 'VERSION_UNSUPPORTED'
  | 'CODE_TABLE_UNSUPPORTED'
  | 'SECONDARY_UNSUPPORTED'
  | 'INDICATOR_INVALID'
  // how it is put together
  | 'TRUNCATED'
  | 'INTEGER_TOO_LARGE'
  | 'LENGTHS_DISAGREE'
  | 'SECTION_UNUSED'
  | 'SECTION_CORRUPT'
  // what it does
  | 'SEGMENT_OUT_OF_RANGE'
  | 'ADDRESS_OUT_OF_RANGE'
  | 'WINDOW_OVERRUN'
  | 'WINDOW_UNFINISHED'
  | 'TARGET_SIZE'
  | 'CHECKSUM_MISMATCH'
  // what it would cost
  | 'TOO_LARGE';

export function refuse(reason: VcdiffReason, message: string): never {
  throw new ThemisError('PATCH_INVALID', message, { reason });
}
