import type { TrustStore } from '../../../src/trust/policy/trust-store.ts';
import type { TrustCode } from '../../../src/trust/refusal.ts';

/** A signature that has to be refused, and the code it has to be refused with; all else about it is right. */
export interface BadFixture {
  /** Kebab-case, once. */
  readonly id: string;
  readonly code: TrustCode;
  /** What is wrong with it: completes "refused: ...". */
  readonly what: string;
  make(): BadSignature;
}

export interface BadSignature {
  readonly content: Uint8Array;
  /** DER ContentInfo, where it can be read at all. */
  readonly signature: Uint8Array;
  readonly trust: TrustStore;
  readonly nowMs: number;
}
