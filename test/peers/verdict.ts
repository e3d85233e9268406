import type { BadSignature } from '../support/trust/bad-fixture.ts';

/** `unread`: it gave up before it could judge. */
export type Verdict = 'accepts' | 'refuses' | 'unread';

export interface Peer {
  readonly name: string;
  readonly version: string;
  judge(signature: BadSignature): Promise<Verdict>;
}
