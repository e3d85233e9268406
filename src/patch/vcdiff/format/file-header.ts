/**
 * The head of a patch (RFC 3284 section 4.1). Two things are xdelta3's own and no part of the RFC: the application
 * header, which says how files were called and is not needed, and the numbers of the secondary compressors.
 */
import { refuse } from '../refusal.ts';
import { type Reader, readByte, readInteger, readPart } from './reader.ts';

export const magic = [0xd6, 0xc3, 0xc4] as const;
export const secondaryBit = 1;
export const codeTableBit = 2;
export const applicationBit = 4;

/** Numbers by xdelta3. */
export const secondaryIds = { DJW: 1, LZMA: 2, FGK: 16 } as const;
export type Secondary = 'none' | 'DJW' | 'LZMA';

/** `rfc3284`: what the RFC says and Adler-32 windows; `xdelta3`: what that program writes. */
export type Dialect = 'rfc3284' | 'xdelta3';

export function readFileHeader(reader: Reader, dialect: Dialect): Secondary {
  if (magic.some((byte, index) => reader.bytes[reader.at + index] !== byte))
    refuse('NOT_VCDIFF', 'The patch does not begin like VCDIFF.');
  reader.at += magic.length;
  const version = readByte(reader, 'its version');
  if (version !== 0) refuse('VERSION_UNSUPPORTED', `The patch is of VCDIFF version ${version}, not 0.`);
  const indicator = readByte(reader, 'its header indicator');
  const known = secondaryBit | codeTableBit | (dialect === 'xdelta3' ? applicationBit : 0);
  if ((indicator & ~known) !== 0) refuse('INDICATOR_INVALID', 'The header indicator has bits that mean nothing.');
  const secondary = (indicator & secondaryBit) === 0 ? 'none' : readSecondary(reader, dialect);
  if ((indicator & codeTableBit) !== 0)
    refuse(
      'CODE_TABLE_UNSUPPORTED',
      'The patch brings a code table of its own (VCD_CODETABLE), which is not supported.',
    );
  if ((indicator & applicationBit) !== 0)
    readPart(reader, readInteger(reader, 'the length of the application header'), 'the application header');
  return secondary;
}

function readSecondary(reader: Reader, dialect: Dialect): Secondary {
  const id = readByte(reader, 'the number of the secondary compressor');
  if (dialect === 'xdelta3' && id === secondaryIds.DJW) return 'DJW';
  if (dialect === 'xdelta3' && id === secondaryIds.LZMA) return 'LZMA';
  const name = Object.entries(secondaryIds).find(([, known]) => known === id)?.[0] ?? `number ${id}`;
  return refuse(
    'SECONDARY_UNSUPPORTED',
    `The patch uses the secondary compressor ${name}, which is not supported in ${dialect === 'xdelta3' ? 'XDELTA3' : 'VCDIFF'}.`,
  );
}
