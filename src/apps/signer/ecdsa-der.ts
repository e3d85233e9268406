import { tags } from '../../trust/der/tags.ts';
import { derOf } from '../../trust/der/write-der.ts';

/** ECDSA as tokens give it, r and s of equal length side by side, as DER of two integers (RFC 3279 2.2.3). */
export function ecdsaToDer(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  return derOf(tags.sequence, derInteger(raw.subarray(0, half)), derInteger(raw.subarray(half)));
}

/** Minimal, and positive: a leading bit that is set needs a zero before it. */
function derInteger(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const magnitude = first === -1 ? [0] : [...bytes.subarray(first)];
  if (magnitude[0]! >= 0x80) magnitude.unshift(0);
  return derOf(tags.integer, Uint8Array.from(magnitude));
}
