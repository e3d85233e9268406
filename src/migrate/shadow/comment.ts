import { literal } from '../sql/quote.ts';

/** `COMMENT ON ...`, where there is one. */
export function commentOn(what: string, comment: string | null): readonly string[] {
  return comment === null ? [] : [`COMMENT ON ${what} IS ${literal(comment)}`];
}
