/** Bits of a bzip2 stream, the highest of each byte first. */
export interface BitWriter {
  bytes: Uint8Array<ArrayBuffer>;
  filled: number;
  held: number;
  count: number;
}

export function startBitWriter(): BitWriter {
  return { bytes: new Uint8Array(1024), filled: 0, held: 0, count: 0 };
}

/** The lower `count` bits of the value, up to 24. */
export function putBits(writer: BitWriter, count: number, value: number): void {
  writer.held = (writer.held << count) | value;
  writer.count += count;
  while (writer.count >= 8) {
    writer.count -= 8;
    if (writer.filled === writer.bytes.length) grow(writer);
    writer.bytes[writer.filled] = writer.held >>> writer.count;
    writer.filled += 1;
  }
}

export function putWord(writer: BitWriter, value: number): void {
  putBits(writer, 16, value >>> 16);
  putBits(writer, 16, value & 0xffff);
}

/** Zeros up to the next byte. */
export function finishBits(writer: BitWriter): Uint8Array {
  if (writer.count > 0) putBits(writer, 8 - writer.count, 0);
  return writer.bytes.slice(0, writer.filled);
}

function grow(writer: BitWriter): void {
  const larger = new Uint8Array(writer.bytes.length * 2);
  larger.set(writer.bytes);
  writer.bytes = larger;
}
