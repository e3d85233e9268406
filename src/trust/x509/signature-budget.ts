/**
 * What one verification may spend on signature checks. Limits on certificates, signers, paths and lists each look
 * harmless and multiply; this is the limit on the product, so it sits where signatures are checked and nothing in the
 * room can get around it. A check counts by what its key and its bytes cost; within one verification, whether a key
 * signed a certificate is asked once. Verification never awaits, so the current budget is a variable of the room.
 */
import type { KeyObject } from 'node:crypto';
import { refuse } from '../refusal.ts';

export interface SignatureBudget {
  /** In checks of RSA-2048: about 30 µs each, so that all of it is about half a second. */
  left: number;
  /** Signature checks made. */
  checks: number;
  /** Questions about two certificates or keys to their answers. */
  readonly known: Map<string, boolean>;
}

const unitsOfAll = 16_384;
const bytesOfUnit = 16 * 1024;

let current: SignatureBudget | undefined;

export function signatureBudget(units = unitsOfAll): SignatureBudget {
  return { left: units, checks: 0, known: new Map() };
}

/** All signature checks of `work` together; within another, the outer budget goes on counting. */
export function withinBudget<T>(work: () => T, budget = signatureBudget()): T {
  const outer = current;
  current ??= budget;
  try {
    return work();
  } finally {
    current = outer;
  }
}

/** Before a signature check. Throws CMS_TOO_COSTLY when nothing is left. */
export function spend(key: KeyObject, sizeBytes: number): void {
  charge(unitsOf(key) + Math.floor(sizeBytes / bytesOfUnit));
  if (current !== undefined) current.checks += 1;
}

/** Before work that grows with a product of what came along: a unit is about 30 µs. Throws like `spend`. */
export function charge(units: number): void {
  if (current === undefined) return;
  current.left -= units;
  if (current.left < 0) refuse('CMS_TOO_COSTLY', 'Verifying the signature would take too much work.');
}

/** The answer of `check`, asked once in a budget. */
export function askedOnce(question: string, check: () => boolean): boolean {
  const known = current?.known.get(question);
  if (known !== undefined) return known;
  const answer = check();
  current?.known.set(question, answer);
  return answer;
}

/** Measured, rounded up. RSA grows with the square of its modulus, and with its exponent. */
function unitsOf(key: KeyObject): number {
  const { modulusLength, publicExponent, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) {
    const isShort = publicExponent === undefined || publicExponent <= 65_537n;
    return Math.ceil((modulusLength / 2048) ** 2) * (isShort ? 1 : 12);
  }
  return namedCurve === 'secp384r1' ? 24 : 4;
}
