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
  /** How long its thread may take to end. Default: 10 seconds. */
  readonly endMs?: number;
}

const keptCharacters = 500;
/** Questions without an answer. Who asks faster than it is answered would fill our memory, not its own. */
const mostOpen = 1000;

/**
 * What the plug-in answered. Throws PLUGIN_FAILED, and CANCELLED when the signal aborts; the thread is gone then, or the
 * error says that it is not: nobody ends one that waits for a program which it started.
 */
export async function askPlugin(
  order: PluginOrder,
  { entry, environment, memoryMiB = 512, endMs = 10_000 }: PluginThread,
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
  const hearing = hear(worker, query, ended);
  const answer = await ended.promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  hearing.end();
  signal.removeEventListener('abort', cancel);
  const isThere = !(await isGone(worker, endMs));
  if ('value' in answer && !isThere) return answer.value;
  const error = 'error' in answer ? answer.error : undefined;
  if (isThere) throw stillThere(name, endMs, error instanceof ThemisError ? 'CANCELLED' : 'PLUGIN_FAILED');
  if (error instanceof ThemisError) throw error;
  const said = printed();
  const why = onOneLine(error instanceof Error ? error.message : String(error)).slice(0, keptCharacters);
  const message = `Plug-in ${name} failed: ${why}${said === '' ? '' : `; it printed: ${said}`}`;
  throw new ThemisError('PLUGIN_FAILED', message);
}

/** What it sends, until it is told to end: what is under way then still comes in. */
function hear(
  worker: Worker,
  query: PluginCall['query'],
  ended: PromiseWithResolvers<unknown>,
): { readonly end: () => void } {
  let open = 0;
  let isOver = false;
  const answer = async (asked: Extract<PluginReply, { kind: 'query' }>): Promise<void> => {
    open += 1;
    const answered = await askDatabase(asked, query);
    open -= 1;
    if (!isOver) worker.postMessage(answered, []);
  };
  // A package may post what it likes, and what is no reply is not for us.
  worker.on('message', (reply: PluginReply | null | undefined) => {
    if (isOver) return;
    if (reply?.kind === 'ended') ended.resolve(reply.value);
    else if (reply?.kind === 'failed') ended.reject(new Error(reply.message));
    else if (reply?.kind === 'query' && open < mostOpen) void answer(reply);
    else if (reply?.kind === 'query') {
      isOver = true;
      ended.reject(new Error(`it asked more than ${mostOpen} queries at once`));
      void worker.terminate();
    }
  });
  return {
    end: () => {
      isOver = true;
    },
  };
}

/** Ends it; false: it is still there after `endMs`, and no longer waited for. */
async function isGone(worker: Worker, endMs: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), endMs);
  const ended = worker.terminate().then(() => true as const);
  const gone = await Promise.race([ended, late.promise]);
  clearTimeout(timer);
  if (!gone) worker.unref();
  return gone;
}

function stillThere(name: string, endMs: number, code: 'CANCELLED' | 'PLUGIN_FAILED'): ThemisError {
  const message = `Plug-in ${name} was stopped, and did not end within ${endMs} ms: it waits for a program that it started.`;
  return new ThemisError(code, message, {
    hint: 'End that program; until then it may go on with what it was told.',
  });
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

/** The end of what it prints. */
function lastOf(worker: Worker): () => string {
  let kept = '';
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      kept = (kept + text).slice(-keptCharacters);
    });
  }
  return () => onOneLine(kept);
}

/** Without what a terminal would obey. */
function onOneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').trim();
}
