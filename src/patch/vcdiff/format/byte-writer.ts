/** Bytes that are written one after another. */
export interface ByteWriter {
  bytes: Uint8Array;
  size: number;
}

export function createWriter(): ByteWriter {
  return { bytes: new Uint8Array(1 << 16), size: 0 };
}

export function writtenBytes({ bytes, size }: ByteWriter): Uint8Array {
  return bytes.subarray(0, size);
}

export function writeByte(writer: ByteWriter, byte: number): void {
  if (writer.size === writer.bytes.length) makeRoomFor(writer, 1);
  writer.bytes[writer.size] = byte;
  writer.size += 1;
}

export function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  if (bytes.length > writer.bytes.length - writer.size) makeRoomFor(writer, bytes.length);
  writer.bytes.set(bytes, writer.size);
  writer.size += bytes.length;
}

/** RFC 3284 section 2. */
export function writeInteger(writer: ByteWriter, value: number): void {
  if (value >= 2 ** 28) writeByte(writer, 0x80 | (value >>> 28));
  if (value >= 2 ** 21) writeByte(writer, 0x80 | ((value >>> 21) & 0x7f));
  if (value >= 2 ** 14) writeByte(writer, 0x80 | ((value >>> 14) & 0x7f));
  if (value >= 2 ** 7) writeByte(writer, 0x80 | ((value >>> 7) & 0x7f));
  writeByte(writer, value & 0x7f);
}

/** Four bytes, most significant first. */
export function writeWord(writer: ByteWriter, value: number): void {
  for (const shift of [24, 16, 8, 0]) writeByte(writer, (value >>> shift) & 0xff);
}

function makeRoomFor(writer: ByteWriter, more: number): void {
  const larger = new Uint8Array(Math.max(writer.bytes.length * 2, writer.size + more));
  larger.set(writtenBytes(writer));
  writer.bytes = larger;
}
