/**
 * The worker's end of one call of a plug-in: loads the package by its name as any importer would, checks that it is what
 * its package.json says, asks it, and answers once. All that the plug-in gets of the database is `query`.
 */
import { registerHooks } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ThemisError } from '../../kernel/error.ts';
import type { QueryResult, SqlValue } from '../../ports/schema/database.ts';
import type { FoundPackage } from './find-package.ts';
import type { PluginOrder, PluginReply, QueryAnswer } from './plugin-message.ts';

/** See docs/plugins.md. */
interface ThemisPlugin {
  readonly name: string;
  readonly version: string;
  canHandle(params: unknown): unknown;
  apply(params: unknown, database: PluginDatabase): unknown;
  rollback(params: unknown, database: PluginDatabase): unknown;
}

interface PluginDatabase {
  readonly step: string;
  query(sql: string, parameters?: readonly SqlValue[]): Promise<QueryResult>;
}

export async function servePlugin(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new ThemisError('BUG', 'a worker entry was started as a program');
  const order = workerData as PluginOrder;
  let reply: PluginReply;
  try {
    reply = { kind: 'ended', value: await answer(port, order) };
  } catch (error) {
    reply = { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(reply);
}

async function answer(port: MessagePort, { found, ask }: PluginOrder): Promise<boolean | null> {
  const plugin = checked(await load(found), found);
  switch (ask.method) {
    case 'load':
      return null;
    case 'canHandle': {
      const answered = await plugin.canHandle(JSON.parse(ask.params));
      if (typeof answered === 'boolean') return answered;
      throw new TypeError('canHandle answers neither true nor false');
    }
    case 'apply':
    case 'rollback':
      await plugin[ask.method](JSON.parse(ask.params), databaseOf(port, ask.step));
      return null;
  }
}

async function load({ name, root, from }: FoundPackage): Promise<unknown> {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== 'themis:plug-in') return next(specifier, context);
      const resolved = next(name, { ...context, parentURL: from });
      if (resolved.url.startsWith('file:') && fileURLToPath(resolved.url).startsWith(root + sep)) return resolved;
      throw new TypeError('its package.json leads out of the package');
    },
  });
  try {
    const { default: exported, themisPlugin } = await import('themis:plug-in');
    // Of a CommonJS package the default is all that it exports.
    return themisPlugin ?? (exported as { themisPlugin?: unknown } | undefined)?.themisPlugin ?? exported;
  } finally {
    hooks.deregister();
  }
}

const methods = ['canHandle', 'apply', 'rollback'] as const;

function checked(exported: unknown, { name, version }: FoundPackage): ThemisPlugin {
  const plugin = exported as Partial<ThemisPlugin> | null | undefined;
  if (typeof plugin !== 'object' || plugin === null) throw new TypeError('it exports no plug-in');
  const missing = methods.filter((method) => typeof plugin[method] !== 'function');
  if (missing.length > 0) throw new TypeError(`its plug-in has no ${missing.join(' and no ')}`);
  if (plugin.name !== name) throw new TypeError(`it calls itself ${JSON.stringify(plugin.name)}`);
  if (plugin.version !== version) {
    throw new TypeError(`it says version ${JSON.stringify(plugin.version)}, and its package.json ${version}`);
  }
  return plugin as ThemisPlugin;
}

function databaseOf(port: MessagePort, step: string): PluginDatabase {
  const asked = new Map<number, PromiseWithResolvers<QueryResult>>();
  let last = 0;
  port.on('message', (told: QueryAnswer) => {
    const question = asked.get(told.id);
    asked.delete(told.id);
    if ('result' in told) question?.resolve(told.result);
    else question?.reject(Object.assign(new Error(told.failed.message), { code: told.failed.code }));
  });
  return Object.freeze({
    step,
    query: async (sql: string, parameters: readonly SqlValue[] = []): Promise<QueryResult> => {
      last += 1;
      const question = Promise.withResolvers<QueryResult>();
      // What cannot be sent throws, and was not asked.
      port.postMessage({ kind: 'query', id: last, sql, parameters } satisfies PluginReply);
      asked.set(last, question);
      return await question.promise;
    },
  });
}
