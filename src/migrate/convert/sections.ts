/**
 * Tools keep what takes a change back in the file of the change, behind a comment of theirs that PostgreSQL does not see.
 * Converted together the two would make a table and drop it again.
 */
import type { TextRange } from '../../kernel/document/source-text.ts';
import type { ParsedSql } from '../../ports/schema/sql-parser.ts';

/** goose, sql-migrate, dbmate, node-pg-migrate, MyBatis, Play, tern. */
const backs =
  /^[ \t]*--+[ \t]*(?:\+goose[ \t]+down|\+migrate[ \t]+down|migrate:down|down[ \t]+migration|\/\/[ \t]*@undo|!downs|create above[ \t]*\/[ \t]*drop below)\b.*$/gimu;
/** Liquibase: the statements stand in the comment itself. */
const rollbacks = /^[ \t]*--[ \t]*rollback[ \t]+(?!empty\b|not required\b).*$/gimu;

export interface Sections {
  /** Where what takes it back begins. */
  readonly back: TextRange | undefined;
  readonly rollbacks: readonly TextRange[];
}

export function sectionsOf(text: string, { tokens }: ParsedSql): Sections {
  const last = tokens.at(-1)?.end ?? 0;
  const places = (pattern: RegExp): TextRange[] =>
    [...text.matchAll(pattern)]
      .map((match) => ({ offset: match.index, length: match[0].trimEnd().length }))
      .filter(({ offset }) => !tokens.some(({ start, end }) => start < offset && offset < end));
  const isLiquibase = /^[ \t]*--[ \t]*liquibase[ \t]+formatted[ \t]+sql/imu.test(text);
  return {
    back: places(backs).find(({ offset }) => offset < last),
    rollbacks: isLiquibase ? places(rollbacks) : [],
  };
}
