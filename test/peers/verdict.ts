/** `unread`: it gave up before it could judge. `endless`: it was stopped. */
export type Verdict = 'accepts' | 'refuses' | 'unread' | 'endless';

/** A bad fixture as bytes alone, so that it crosses threads and is the same for every peer. */
export interface Question {
  readonly content: Uint8Array;
  readonly signature: Uint8Array;
  /** DER certificates. */
  readonly anchors: readonly Uint8Array[];
  /** DER revocation lists. */
  readonly lists: readonly Uint8Array[];
  readonly nowMs: number;
}

export interface Peer {
  readonly name: string;
  readonly version: string;
  judge(question: Question): Promise<Verdict>;
}
