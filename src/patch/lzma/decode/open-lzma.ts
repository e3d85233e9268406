/**
 * The LZMA sections of xdelta3: all sections of one kind are a single .xz stream that is flushed after every section and
 * never ended, so dictionary and models go on from window to window. A section is a whole number of LZMA2 chunks.
 */
import { refuse } from '../../vcdiff/refusal.ts';
import type { MemoryAccount } from '../../vcdiff/decode/memory-account.ts';
import type { Expand } from '../../vcdiff/decode/sections.ts';
import { type Reader, readByte, readPart } from '../../vcdiff/format/reader.ts';
import { createLzmaDecoder, decodeChunk, type LzmaDecoder, resetState, setProperties } from './decode-chunk.ts';
import { forget, type History, makeRoom, openHistory } from './history.ts';
import { endRange, startRange } from './range-decoder.ts';
import { readXzHeader } from './xz-header.ts';

interface Stream {
  readonly decoder: LzmaDecoder;
  readonly history: History;
  /** What the next chunk has to bring. */
  needs: 'dictionary' | 'properties' | 'nothing';
}

export function openLzma(size: { largest: number; total: number }, account: MemoryAccount): Expand {
  let stream: Stream | undefined;
  return (packed, expanded) => {
    stream ??= openStream(packed, size, account);
    const start = makeRoom(stream.history, expanded);
    while (packed.at < packed.end) readChunk(stream, packed, start + expanded);
    return stream.history.bytes.subarray(start, stream.history.at);
  };
}

function openStream(packed: Reader, size: { largest: number; total: number }, account: MemoryAccount): Stream {
  const history = openHistory(readXzHeader(packed), size, account);
  return { decoder: createLzmaDecoder(), history, needs: 'dictionary' };
}

/** LZMA2: a control byte, sizes, and either bytes as they are or LZMA. */
function readChunk(stream: Stream, packed: Reader, limit: number): void {
  const { decoder, history } = stream;
  const control = readByte(packed, 'an LZMA2 chunk');
  if (control === 0) refuse('SECTION_CORRUPT', 'An LZMA section ends its stream, which xdelta3 never does.');
  if (control > 2 && control < 0x80) refuse('SECTION_CORRUPT', 'An LZMA2 chunk is of no known kind.');
  if (control === 1 || control >= 0xe0) {
    forget(history);
    stream.needs = 'properties';
  }
  if (stream.needs === 'dictionary') refuse('SECTION_CORRUPT', 'The first LZMA2 chunk does not reset the dictionary.');
  const size = readShort(packed) + (control < 0x80 ? 0 : (control & 0x1f) << 16) + 1;
  if (size > limit - history.at) refuse('LENGTHS_DISAGREE', 'An LZMA section expands to more than it says.');
  if (control < 0x80) {
    const part = readPart(packed, size, 'an LZMA2 chunk');
    history.bytes.set(part.bytes.subarray(part.at, part.end), history.at);
    history.at += size;
    return;
  }
  const packedSize = readShort(packed) + 1;
  if (control >= 0xc0) {
    setProperties(decoder, readByte(packed, 'the properties of an LZMA2 chunk'));
    stream.needs = 'nothing';
  }
  if (stream.needs !== 'nothing') refuse('SECTION_CORRUPT', 'An LZMA2 chunk has no properties.');
  if (control >= 0xa0) resetState(decoder);
  const part = readPart(packed, packedSize, 'an LZMA2 chunk');
  startRange(decoder.range, part.bytes, part.at, part.end);
  decodeChunk(decoder, history, size);
  endRange(decoder.range);
}

function readShort(reader: Reader): number {
  const high = readByte(reader, 'the sizes of an LZMA2 chunk');
  return (high << 8) | readByte(reader, 'the sizes of an LZMA2 chunk');
}
