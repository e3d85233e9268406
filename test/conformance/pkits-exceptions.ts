/**
 * Valid PKITS cases that Themis refuses on purpose, each with the codes it may be refused with and the reason. Only for
 * what policy rules out; nothing here may excuse a wrong accept.
 */
import type { PkitsCase } from './pkits-cases.ts';

interface Exception {
  readonly test: string;
  readonly codes: readonly string[];
  readonly reason: string;
}

const dsa = 'signed with DSA, which Themis does not accept';

const exceptions: readonly Exception[] = [
  // A path stops at the key of its authority; a message already at SHA-1, which its signer's DSA is over.
  { test: '4.1.4', codes: ['KEY_UNSUPPORTED', 'ALGORITHM_SHA1'], reason: dsa },
  { test: '4.1.5', codes: ['KEY_UNSUPPORTED', 'ALGORITHM_SHA1'], reason: dsa },
];

/** The reason; undefined where the refusal is not one of the decided ones. */
export function exceptionFor({ test, shouldValidate }: PkitsCase, code: string): string | undefined {
  if (!shouldValidate) return undefined;
  return exceptions.find((exception) => exception.test === test && exception.codes.includes(code))?.reason;
}
