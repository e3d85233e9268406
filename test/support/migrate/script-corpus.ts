/** Scripts of DDL as people write them, each of which runs on an empty database. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ParsedSql } from '../../../src/ports/schema/sql-parser.ts';
import { parser } from './convert.ts';

const directory = join(import.meta.dirname, 'corpus');

/** Names of files. */
export const corpus: readonly string[] = readdirSync(directory).filter((name) => name.endsWith('.sql'));

/** As PostgreSQL reads it: without the commands of psql that pg_dump puts around it. */
export function statementsOfScript(name: string): readonly string[] {
  return statementsOf(scriptOf(name).replaceAll(/^\\.*$/gmu, ''));
}

export function scriptOf(name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}

/** One after the other: some run outside of a transaction only. */
function statementsOf(text: string): readonly string[] {
  const { statements } = parser.parse(text) as ParsedSql;
  return statements.map(({ range }) => text.slice(range.offset, range.offset + range.length));
}
