/**
 * Public keys and the one place where a signature is checked. RSA (PKCS#1 v1.5, PSS) from 2048 bits with an odd exponent
 * above one; ECDSA on P-256 and P-384 with uncompressed points; Ed25519. The arithmetic is node:crypto's; what it would
 * wave through is refused here first.
 */
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type Digest, digestBytes } from '../../kernel/digest.ts';
import { refuse } from '../refusal.ts';
import { fieldsOf } from '../der/fields.ts';
import { type DerElement, readDer } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readBitBytes, readOid, readPositive } from '../der/values.ts';
import { hashBytes, isNull, readIdentifier, type SignatureAlgorithm, type SignatureScheme } from './algorithm.ts';
import { spend } from './signature-budget.ts';

export interface PublicKey {
  readonly kind: 'rsa' | 'ec' | 'ed25519';
  readonly bits: number;
  /** DER SubjectPublicKeyInfo: two keys are the same key exactly when these bytes are equal. */
  readonly spki: Uint8Array;
  /** SHA-256 of `spki`. */
  readonly id: Digest;
  readonly object: KeyObject;
}

const rsaBits = { least: 2048, most: 16_384 };
const keyKinds: Readonly<Record<SignatureScheme, PublicKey['kind']>> = {
  'rsa-pkcs1': 'rsa',
  'rsa-pss': 'rsa',
  ecdsa: 'ec',
  ed25519: 'ed25519',
};
const refusedNames: Readonly<Record<string, string>> = {
  '1.2.840.10040.4.1': 'DSA',
  '1.2.840.113549.1.1.10': 'RSA-PSS (a key for one scheme only)',
  '1.3.101.110': 'X25519',
  '1.3.101.113': 'Ed448',
};
const curves: Readonly<Record<string, number>> = { '1.2.840.10045.3.1.7': 256, '1.3.132.0.34': 384 };

export function readPublicKey(element: DerElement): PublicKey {
  const fields = fieldsOf(element, 'A public key');
  const { oid, parameters } = readIdentifier(fields.take(), 'A key algorithm');
  const bytes = readBitBytes(fields.take(tags.bitString), 'A public key');
  fields.end();
  const shape = shapeOf(oid, parameters, bytes);
  let object: KeyObject;
  try {
    object = createPublicKey({ key: Buffer.from(element.bytes), format: 'der', type: 'spki' });
  } catch {
    return refuse(
      'KEY_MALFORMED',
      'The public key is not a key: its numbers are out of range or its point is not on the curve.',
    );
  }
  return { ...shape, spki: element.bytes, id: digestBytes(element.bytes), object };
}

function shapeOf(oid: string, parameters: DerElement | undefined, bytes: Uint8Array): Pick<PublicKey, 'kind' | 'bits'> {
  if (oid === '1.2.840.113549.1.1.1') {
    if (parameters === undefined || !isNull(parameters))
      refuse('ALGORITHM_PARAMETERS', 'An RSA key carries parameters other than NULL.');
    return { kind: 'rsa', bits: checkRsa(bytes) };
  }
  if (oid === '1.2.840.10045.2.1') return { kind: 'ec', bits: checkCurve(parameters, bytes) };
  if (oid === '1.3.101.112') {
    if (parameters !== undefined) refuse('ALGORITHM_PARAMETERS', 'An Ed25519 key carries parameters.');
    checkEd25519(bytes);
    return { kind: 'ed25519', bits: 256 };
  }
  return refuse('KEY_UNSUPPORTED', `Keys of algorithm ${refusedNames[oid] ?? oid} are not accepted.`);
}

function checkRsa(bytes: Uint8Array): number {
  const fields = fieldsOf(readDer(bytes), 'An RSA key');
  const modulus = readPositive(fields.take(tags.integer), 'An RSA modulus');
  const exponent = readPositive(fields.take(tags.integer), 'An RSA exponent');
  fields.end();
  const bits = modulus.length * 8 - Math.clz32(modulus[0]!) + 24;
  if (bits < rsaBits.least || bits > rsaBits.most)
    refuse('KEY_WEAK', `An RSA key of ${bits} bits; accepted are ${rsaBits.least} to ${rsaBits.most}.`);
  const isOne = exponent.length === 1 && exponent[0] === 1;
  if (isOne || (exponent.at(-1)! & 1) === 0 || exponent.length > 8)
    refuse('KEY_EXPONENT', 'The exponent of an RSA key is 1, even, or longer than 64 bits.');
  if ((modulus.at(-1)! & 1) === 0) refuse('KEY_MALFORMED', 'The modulus of an RSA key is even.');
  return bits;
}

function checkCurve(parameters: DerElement | undefined, point: Uint8Array): number {
  if (parameters?.tag !== tags.oid)
    return refuse('ALGORITHM_PARAMETERS', 'An elliptic-curve key does not name its curve.');
  const oid = readOid(parameters, 'A curve');
  const bits = Object.hasOwn(curves, oid) ? curves[oid] : undefined;
  if (bits === undefined) return refuse('KEY_UNSUPPORTED', `Curve ${oid} is not accepted; P-256 and P-384 are.`);
  if (point[0] !== 0x04 || point.length !== 1 + bits / 4)
    refuse('KEY_MALFORMED', 'The point of an elliptic-curve key is not in uncompressed form.');
  return bits;
}

// Encodings, without the sign of x, of the points whose order divides 8: under such a key signatures hold that nobody made.
const smallOrder: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

function checkEd25519(point: Uint8Array): void {
  const y = Uint8Array.from(point);
  if (y.length === 32) y[31]! &= 0x7f;
  const isReduced = y[31] !== 0x7f || y[0]! < 0xed || y.subarray(1, 31).some((byte) => byte !== 0xff);
  if (y.length !== 32 || !isReduced || smallOrder.has(y.toHex()))
    refuse('KEY_MALFORMED', 'An Ed25519 key is not 32 bytes, not in reduced form, or a point of small order.');
}

/**
 * Whether `signature` over `data` was made with `key` under `algorithm`. False for another kind of key, for an algorithm
 * without a hash, and for a signature in any but its one accepted encoding. Spends.
 */
export function isSignedBy(
  key: PublicKey,
  algorithm: Pick<SignatureAlgorithm, 'scheme' | 'hash'>,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { scheme, hash } = algorithm;
  if (keyKinds[scheme] !== key.kind || hash === null || !hasLength(key, signature)) return false;
  spend(key.object, data.length);
  const options = {
    'rsa-pkcs1': { key: key.object, padding: constants.RSA_PKCS1_PADDING },
    'rsa-pss': { key: key.object, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: hashBytes[hash] },
    ecdsa: key.object,
    ed25519: key.object,
  }[scheme];
  try {
    return verify(scheme === 'ed25519' ? null : hash, data, options, signature);
  } catch {
    return false;
  }
}

/** RFC 8017 8.1.2 and 8.2.2 step 1: exactly as long as the modulus; RFC 8032: 64 bytes; ECDSA: its one DER form. */
function hasLength(key: PublicKey, signature: Uint8Array): boolean {
  switch (key.kind) {
    case 'rsa':
      return signature.length === Math.ceil(key.bits / 8);
    case 'ec':
      return isEcdsaSignature(signature, key.bits);
    case 'ed25519':
      return signature.length === 64;
  }
}

/** SEQUENCE of two positive minimal integers and nothing else, so that a signature has one encoding only. */
function isEcdsaSignature(signature: Uint8Array, bits: number): boolean {
  try {
    const fields = fieldsOf(readDer(signature, { bytes: 256, depth: 2, elements: 3 }), 'An ECDSA signature');
    const numbers = [fields.take(tags.integer), fields.take(tags.integer)];
    fields.end();
    return numbers.every((number) => readPositive(number, 'An ECDSA signature').length <= bits / 8);
  } catch {
    return false;
  }
}

export function sameKey(a: PublicKey, b: PublicKey): boolean {
  return a.id === b.id;
}
