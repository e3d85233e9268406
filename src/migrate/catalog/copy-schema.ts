/**
 * Makes the schema that a catalog describes in an empty database. Whatever depends on something that comes later is tried
 * again as long as that gets anywhere, so the script needs no order of its own between things of one kind.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { Catalog } from '../../model/schema/catalog.ts';
import type { DatabaseSession } from '../../ports/schema/database.ts';
import { catalogScript } from './catalog-script.ts';
import type { ScriptStatement } from './script/statement.ts';

/** Returns what could not be copied, each with why where the server said so. Throws when the connection is lost. */
export async function copySchema(session: DatabaseSession, catalog: Catalog): Promise<readonly string[]> {
  const { statements, leftOut } = catalogScript(catalog);
  // Texts of functions are looked at when they are called; bodies in standard SQL need their tables all the same.
  await session.query('SET check_function_bodies = off');
  let left: readonly ScriptStatement[] = statements;
  let failures = new Map<string, string>();
  for (;;) {
    const failed: ScriptStatement[] = [];
    failures = new Map();
    for (const statement of left) {
      const failure = await refusalOf(session, statement);
      if (failure === null) continue;
      failed.push(statement);
      // The first of a thing is what makes it; all else follows from that.
      if (!failures.has(statement.what)) failures.set(statement.what, failure);
    }
    if (failed.length === 0 || failed.length === left.length) break;
    left = failed;
  }
  await session.query('RESET check_function_bodies');
  return [...leftOut, ...[...failures].map(([what, why]) => `${what} (${why})`)];
}

/** Of a statement that nobody sees. */
const placeInText = / \(at character \d+\)/u;

async function refusalOf(session: DatabaseSession, { sql }: ScriptStatement): Promise<string | null> {
  try {
    await session.query(sql);
    return null;
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code === 'UNREACHABLE' || error.code === 'BUG') throw error;
    return error.message.replace(placeInText, '');
  }
}
