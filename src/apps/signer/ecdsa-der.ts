/** ECDSA as tokens give it, r and s of equal length side by side, as DER of two integers (RFC 3279 2.2.3). */
export function ecdsaToDer(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const numbers = [derInteger(raw.subarray(0, half)), derInteger(raw.subarray(half))];
  const length = numbers.reduce((sum, number) => sum + number.length, 0);
  // Two numbers of at most 49 bytes each: the length fits one byte.
  return Uint8Array.from([0x30, length, ...numbers.flat()]);
}

/** Minimal, and positive: a leading bit that is set needs a zero before it. */
function derInteger(bytes: Uint8Array): number[] {
  const first = bytes.findIndex((byte) => byte !== 0);
  const magnitude = first === -1 ? [0] : [...bytes.subarray(first)];
  if (magnitude[0]! >= 0x80) magnitude.unshift(0);
  return [0x02, magnitude.length, ...magnitude];
}
