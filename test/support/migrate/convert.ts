/** What a script becomes, as tests write it. */
import { openSqlParser } from '../../../src/adapters/sql-parser/libpg-query.ts';
import { convertScript, type Conversion } from '../../../src/migrate/convert/convert.ts';
import type { Operation } from '../../../src/model/documents.ts';

export const parser = await openSqlParser();

export function convert(text: string): Conversion {
  return convertScript({ path: 'a.sql', text }, parser);
}

export function operationsOf(text: string): readonly Operation[] {
  return convert(text).operations.map(({ operation }) => operation);
}

/** `THM7301 2:3 Kept as rawSql: ...`, one for each finding. */
export function findingsOf(text: string): readonly string[] {
  return convert(text).findings.map(({ code, source, summary }) => `${code} ${source?.line}:${source?.col} ${summary}`);
}
