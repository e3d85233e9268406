/** Plug-ins that are npm packages, installed for the fleet directory. Each call is a worker thread of its own. */
import { ThemisError } from '../../kernel/error.ts';
import type { SchemaPlugin, SchemaPlugins } from '../../ports/schema/schema-plugins.ts';
import { askPlugin, type PluginThread } from './ask-plugin.ts';
import { findPackage, type FoundPackage } from './find-package.ts';
import type { PluginAsk } from './plugin-message.ts';

export interface PackagePlugins extends PluginThread {
  /** Absolute. Packages are looked for from here upwards. */
  readonly fleetDirectory: string;
  /** Whether one may be a part of the repository. */
  readonly allowLocal: boolean;
  /** How long loading and `canHandle` may take. Default: a minute; starting is slow on a machine that is busy. */
  readonly answerMs?: number;
}

export function openPackagePlugins(options: PackagePlugins): SchemaPlugins {
  return {
    async find(name) {
      const found = await findPackage(name, options);
      await askBriefly(found, { method: 'load' }, options);
      return pluginOf(found, options);
    },
  };
}

function pluginOf(found: FoundPackage, options: PackagePlugins): SchemaPlugin {
  const { name, version } = found;
  return {
    name,
    version,
    canHandle: async (params) => (await askBriefly(found, { method: 'canHandle', params }, options)) === true,
    apply: async (params, call) => {
      await askPlugin({ found, ask: { method: 'apply', params, step: call.step } }, options, call);
    },
    rollback: async (params, call) => {
      await askPlugin({ found, ask: { method: 'rollback', params, step: call.step } }, options, call);
    },
  };
}

/** What has no business in the database. */
async function askBriefly(found: FoundPackage, ask: PluginAsk, options: PackagePlugins): Promise<unknown> {
  const { answerMs = 60_000 } = options;
  const query = (): never => {
    throw new ThemisError('PLUGIN_FAILED', 'the database is not at hand yet');
  };
  try {
    return await askPlugin({ found, ask }, options, { signal: AbortSignal.timeout(answerMs), query });
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code !== 'CANCELLED') throw error;
    const message = `Plug-in ${found.name} did not answer within ${answerMs} ms.`;
    throw new ThemisError('PLUGIN_FAILED', message, { cause: error });
  }
}
