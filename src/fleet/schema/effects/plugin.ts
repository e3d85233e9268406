/**
 * A step that a plug-in carries out, of the version that it was planned with, within its time. It is asked inside of the
 * step's transaction: what it does by `query` happens together with the record of its end, and what it does elsewhere is
 * its own to look for when it is asked again.
 */
import { ThemisError } from '../../../kernel/error.ts';
import type { PluginAction } from '../../../model/schema/schema-step.ts';
import type { DatabaseSession, QueryResult } from '../../../ports/schema/database.ts';
import type { PluginCall } from '../../../ports/schema/schema-plugins.ts';
import type { StepCall } from './call.ts';

export async function runPlugin({ work, step }: StepCall, action: PluginAction): Promise<void> {
  const { plugins, clock, signal } = work.parts;
  const { direction, params, timeoutMs } = action;
  const plugin = await plugins.find(action.plugin);
  if (plugin.version !== action.version) {
    const message = `Plug-in ${action.plugin} is ${plugin.version}; the step was planned with ${action.version}.`;
    throw failed(message, 'Install that version until the migration has ended.');
  }
  const [over, ended] = [new AbortController(), new AbortController()];
  const limit = clock.sleep(timeoutMs, ended.signal).then(() => over.abort());
  const queries = await openQueries(work.session);
  const call = { step, signal: AbortSignal.any([signal, over.signal]), query: queries.ask };
  try {
    await plugin[direction](params, call);
  } catch (error) {
    // A query that failed has ended the transaction, and says more than what the plug-in made of it.
    await queries.close();
    if (isLate(error, over.signal)) {
      throw failed(`Plug-in ${action.plugin} took longer than ${timeoutMs} ms.`, error.hint);
    }
    throw error;
  } finally {
    ended.abort();
    await limit;
  }
  await queries.close();
}

function isLate(error: unknown, { aborted }: AbortSignal): error is ThemisError {
  return aborted && error instanceof ThemisError && error.code === 'CANCELLED';
}

interface Queries {
  readonly ask: PluginCall['query'];
  /** Takes no more, and waits for what is under way. Throws what the first one that failed threw. */
  close(): Promise<void>;
}

/** One at a time, and none after one that failed. */
async function openQueries(session: DatabaseSession): Promise<Queries> {
  const own = await transactionOf(session);
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  let failure: unknown;
  const askNow = async (...[sql, parameters]: Parameters<PluginCall['query']>): Promise<QueryResult> => {
    if (failure !== undefined) throw failure;
    try {
      if (isClosed) throw failed('A plug-in asked the database after its call had ended.');
      if (endsTransaction(sql)) throw failed('The transaction is not for the plug-in to begin or to end.');
      // With parameters the server takes no second statement, behind which the first could hide.
      return await session.query(sql, parameters ?? []);
    } catch (error) {
      failure ??= error;
      throw error;
    }
  };
  return {
    ask: async (...query) => {
      const asked = last.then(() => askNow(...query));
      last = asked.catch(() => {});
      return await asked;
    },
    close: async () => {
      isClosed = true;
      await last;
      if (failure !== undefined) throw failure;
      if ((await transactionOf(session)) !== own) throw failed('The plug-in has ended the transaction of its step.');
    },
  };
}

/** The fence has been read for share, so that there is one. */
async function transactionOf(session: DatabaseSession): Promise<string | null> {
  const { rows } = await session.query('SELECT pg_current_xact_id_if_assigned() AS id');
  return rows[0]?.['id'] ?? null;
}

const endings = /^(?:begin|start|commit|end|rollback|abort|savepoint|release)\b/iu;

/** By the first words of the one statement. */
function endsTransaction(sql: string): boolean {
  const words = fromFirstWord(sql);
  const prepare = /^prepare\b/iu.exec(words);
  if (prepare === null) return endings.test(words);
  return /^transaction\b/iu.test(fromFirstWord(words.slice(prepare[0].length)));
}

/** Behind comments, which nest, and empty statements. */
function fromFirstWord(sql: string): string {
  for (let rest = sql; ;) {
    rest = rest.replace(/^(?:[\s;]|--[^\n\r]*)+/u, '');
    if (!rest.startsWith('/*')) return rest;
    let depth = 0;
    let end = rest.length;
    for (const { 0: mark, index } of rest.matchAll(/\/\*|\*\//gu)) {
      depth += mark === '/*' ? 1 : -1;
      end = index + 2;
      if (depth === 0) break;
    }
    rest = depth === 0 ? rest.slice(end) : '';
  }
}

function failed(message: string, hint?: string): ThemisError {
  return new ThemisError('PLUGIN_FAILED', message, hint === undefined ? {} : { hint });
}
