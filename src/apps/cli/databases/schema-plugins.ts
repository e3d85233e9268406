import { ThemisError } from '../../../kernel/error.ts';
import type { SchemaPlugins } from '../../../ports/schema/schema-plugins.ts';

/** Plug-ins by package name. */
export function createPlugins(): SchemaPlugins {
  return {
    find(name) {
      throw new ThemisError('NOT_FOUND', `Plug-in ${name} is not installed.`);
    },
  };
}
