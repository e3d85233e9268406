/**
 * Every planned action ends in exactly one outcome. `retry` of a failure says who acts next:
 * nobody (`never`), the machine later (`backoff`), or a person first (`human`).
 */
export type Retry = 'never' | 'backoff' | 'human';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retry: Retry;
  readonly hint?: string;
  /** When whoever refused said to come back. */
  readonly retryAfterMs?: number;
}

export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'blocked'; readonly by: string }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'not-run'; readonly reason: string };
