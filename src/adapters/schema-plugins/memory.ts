import { ThemisError } from '../../kernel/error.ts';
import type { SchemaPlugin, SchemaPlugins } from '../../ports/schema/schema-plugins.ts';

/** Plug-ins of this process, as they are given: for tests. */
export function openMemoryPlugins(plugins: readonly SchemaPlugin[]): SchemaPlugins {
  return {
    async find(name) {
      const found = plugins.find((plugin) => plugin.name === name);
      if (found === undefined) throw new ThemisError('NOT_FOUND', `Plug-in ${name} is not installed.`);
      return found;
    },
  };
}
