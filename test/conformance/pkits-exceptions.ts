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

const exceptions: readonly Exception[] = [];

/** The reason; undefined where the refusal is not one of the decided ones. */
export function exceptionFor({ test, shouldValidate }: PkitsCase, code: string): string | undefined {
  if (!shouldValidate) return undefined;
  return exceptions.find((exception) => exception.test === test && exception.codes.includes(code))?.reason;
}
