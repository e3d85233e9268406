/**
 * What somebody has looked at and found right for this database, said in a comment of the SQL it is about, as squawk and
 * Atlas have it: `-- themis:reviewed THM7206: the table has forty rows`. It stays to be seen, as a note.
 */
import type { ParsedSql } from '../../../ports/schema/sql-parser.ts';

export interface Review {
  /** Undefined: it names no code, or no reason. */
  readonly code: string | undefined;
  readonly reason: string;
}

export function reviewsIn(text: string, { tokens }: ParsedSql): readonly Review[] {
  return [...text.matchAll(/--[ \t]*themis:reviewed\b(.*)$/gmu)]
    .filter(({ index }) => !tokens.some(({ start, end }) => start < index && index < end))
    .map(([, said = '']) => {
      const [, code, reason = ''] = /^\s+(THM\d{4}):\s*(\S.*?)\s*$/u.exec(said) ?? [];
      return { code, reason };
    });
}
