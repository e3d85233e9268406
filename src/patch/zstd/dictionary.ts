/**
 * The base as raw content, whatever it is. A library that is handed a dictionary looks at its first bytes, and reads one
 * that begins as a trained dictionary does (RFC 8878 5) as tables and an identifier, or refuses it; `zstd --patch-from`
 * writes patches of such a base as of any other, and matches count back from its end. So the first byte is left out where
 * a patch is made, which nothing then refers to, and another one put before it where a patch is read.
 */
const worthFreeing = 2 ** 20;
const magic = [0x37, 0xa4, 0x30, 0xec];

export function dictionaryToMake(base: Uint8Array): Uint8Array {
  return isFormatted(base) ? base.subarray(1) : base;
}

/** A copy of such a base. */
export function dictionaryToRead(base: Uint8Array): Uint8Array {
  if (!isFormatted(base)) return base;
  const dictionary = new Uint8Array(base.length + 1);
  dictionary.set(base, 1);
  return dictionary;
}

/** Gives its memory back at once, where it is large and has a buffer of its own. */
export function free({ buffer, byteLength }: Uint8Array): void {
  if (byteLength < worthFreeing || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  // What is transferred to nothing is freed without waiting for a collection.
  buffer.transfer(0);
}

function isFormatted(base: Uint8Array): boolean {
  return magic.every((byte, at) => base[at] === byte);
}
