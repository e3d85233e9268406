import type { Certificate } from './certificate.ts';

/** The instants of now, ends included, at which the same question has the same answer. */
export interface PathSpan {
  readonly validFromMs: number;
  readonly validUntilMs: number;
}

export function spanOf(certificates: readonly Certificate[]): PathSpan {
  return {
    validFromMs: Math.max(...certificates.map(({ notBeforeMs }) => notBeforeMs)),
    validUntilMs: Math.min(...certificates.map(({ notAfterMs }) => notAfterMs)),
  };
}

export const endlessSpan: PathSpan = { validFromMs: -Infinity, validUntilMs: Infinity };

export function narrow(...spans: readonly PathSpan[]): PathSpan {
  return {
    validFromMs: Math.max(...spans.map(({ validFromMs }) => validFromMs)),
    validUntilMs: Math.min(...spans.map(({ validUntilMs }) => validUntilMs)),
  };
}
