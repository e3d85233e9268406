import { digestJson, type Digest } from '../kernel/digest.ts';
import type { Operation } from '../model/documents.ts';

/** What tells whether a migration is the one that was applied: its operations in normalised spelling, in order, and nothing else. */
export function operationsDigest(operations: readonly Operation[]): Digest {
  return digestJson(operations);
}
