/**
 * One call of a plug-in in a worker thread of its own, which ends with it, whatever the plug-in left running there. A
 * thread keeps a plug-in that hangs, leaks or exits from taking Themis with it; it is no prison for one that means harm.
 */
import { Worker } from 'node:worker_threads';
import { ThemisError } from '../../kernel/error.ts';
import type { PluginCall } from '../../ports/schema/schema-plugins.ts';
import type { SqlValue } from '../../ports/schema/database.ts';
import type { PluginOrder, PluginReply, QueryAnswer } from './plugin-message.ts';

export interface PluginThread {
  /** A module that calls `servePlugin`. */
  readonly entry: URL;
  /** All that the plug-in sees of it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Heap. Default: 512. */
  readonly memoryMiB?: number;
}

const keptCharacters = 500;

/** What the plug-in answered. Throws PLUGIN_FAILED, and CANCELLED when the signal aborts; the thread is gone then. */
export async function askPlugin(
  order: PluginOrder,
  { entry, environment, memoryMiB = 512 }: PluginThread,
  { signal, query }: Pick<PluginCall, 'signal' | 'query'>,
): Promise<unknown> {
  const { name } = order.found;
  const cancelled = (): ThemisError => new ThemisError('CANCELLED', `Plug-in ${name} was stopped.`);
  if (signal.aborted) throw cancelled();
  const worker = new Worker(entry, {
    workerData: order,
    env: environment,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMiB },
  });
  const printed = lastOf(worker);
  const ended = Promise.withResolvers<unknown>();
  const fail = (why: string): void => ended.reject(new Error(why));
  const cancel = (): void => ended.reject(cancelled());
  signal.addEventListener('abort', cancel);
  worker.on('error', (error) => fail(error instanceof Error ? error.message : String(error)));
  worker.on('messageerror', (error) => fail(error.message));
  worker.on('exit', (code) => fail(`it ended with exit code ${code} before it answered`));
  worker.on('message', (reply: PluginReply) => {
    if (reply.kind === 'ended') ended.resolve(reply.value);
    else if (reply.kind === 'failed') fail(reply.message);
    else void askDatabase(reply, query).then((answer) => worker.postMessage(answer, []));
  });
  try {
    return await ended.promise;
  } catch (error) {
    if (error instanceof ThemisError) throw error;
    await worker.terminate();
    const said = printed();
    const why = error instanceof Error ? error.message : String(error);
    const message = `Plug-in ${name} failed: ${why}${said === '' ? '' : `; it printed: ${said}`}`;
    throw new ThemisError('PLUGIN_FAILED', message);
  } finally {
    signal.removeEventListener('abort', cancel);
    await worker.terminate();
  }
}

async function askDatabase(
  { id, sql, parameters }: Extract<PluginReply, { kind: 'query' }>,
  query: PluginCall['query'],
): Promise<QueryAnswer> {
  try {
    if (typeof sql !== 'string' || !Array.isArray(parameters) || !parameters.every(isSqlValue)) {
      throw new ThemisError(
        'PLUGIN_FAILED',
        'query takes a text, and parameters that are text, numbers, booleans or null',
      );
    }
    return { id, result: await query(sql, parameters) };
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    return { id, failed: { code: error.code, message: error.message } };
  }
}

function isSqlValue(value: unknown): value is SqlValue {
  return value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

/** The end of what it prints, on one line. */
function lastOf(worker: Worker): () => string {
  let kept = '';
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      kept = (kept + text).slice(-keptCharacters);
    });
  }
  return () => kept.replaceAll(/\p{Cc}+/gu, ' ').trim();
}
