/** RSA signatures whose padding is made by hand (RFC 8017 9.2), as the forgeries against lenient checkers have it. */
import { constants, createHash, createPublicKey, privateEncrypt } from 'node:crypto';
import { nullValue, octets, oid, sequence } from '../der.ts';
import type { KeyPair } from '../pki.ts';

export const modulusBytes = 256;

export function digestInfo(bytes: Uint8Array, parameters: readonly Uint8Array[] = [nullValue()]): Uint8Array {
  const digest = createHash('sha256').update(bytes).digest();
  return sequence(sequence(oid('2.16.840.1.101.3.4.2.1'), ...parameters), octets(digest));
}

/** `00 type FF..FF 00 info rest`, filled up to the length of the modulus. */
export function padded(info: Uint8Array, rest: Uint8Array = new Uint8Array(), type = 1): Uint8Array {
  const filler = Buffer.alloc(modulusBytes - 3 - info.length - rest.length, 0xff);
  return Buffer.concat([Uint8Array.of(0, type), filler, Uint8Array.of(0), info, rest]);
}

/** The private operation on exactly these bytes. */
export function rawSignature({ privateKey }: KeyPair, block: Uint8Array): Uint8Array {
  return privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block);
}

/**
 * A forgery without the private key, against exponent 3 and a checker that does not look behind the hash (Bleichenbacher
 * 2006): the cube root of a block that starts right.
 */
export function cubeRootForgery(bytes: Uint8Array): Uint8Array {
  const start = Buffer.concat([Uint8Array.of(0, 1), Buffer.alloc(8, 0xff), Uint8Array.of(0), digestInfo(bytes)]);
  const least = BigInt(`0x${Buffer.concat([start, Buffer.alloc(modulusBytes - start.length)]).toString('hex')}`);
  const root = cubeRoot(least) + 1n;
  return Buffer.from(root.toString(16).padStart(modulusBytes * 2, '0'), 'hex');
}

function cubeRoot(value: bigint): bigint {
  let low = 0n;
  let high = 1n << 700n;
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (middle ** 3n <= value) low = middle;
    else high = middle - 1n;
  }
  return low;
}

/** SubjectPublicKeyInfo with the modulus of a key and an exponent of choice. */
export function spkiWithExponent({ publicKey }: KeyPair, exponent: number): Uint8Array {
  const { n } = publicKey.export({ format: 'jwk' });
  const e = Buffer.from([exponent]).toString('base64url');
  return createPublicKey({ key: { kty: 'RSA', n: n!, e }, format: 'jwk' }).export({ format: 'der', type: 'spki' });
}
