import type { TimestampAuthority } from '../../ports/timestamp-authority.ts';

/** Answers as it is told to, and remembers what it was asked. */
export class FakeTimestampAuthority implements TimestampAuthority {
  readonly requests: Uint8Array[] = [];
  readonly #answer: (request: Uint8Array) => Uint8Array;

  constructor(answer: (request: Uint8Array) => Uint8Array) {
    this.#answer = answer;
  }

  async ask(request: Uint8Array): Promise<Uint8Array> {
    this.requests.push(request);
    return this.#answer(request);
  }
}
