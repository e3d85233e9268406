/** Where plug-ins of migrations come from. One is one file and one line here. */
import type { SchemaPlugin, SchemaPlugins } from '../../ports/schema/schema-plugins.ts';
import { openMemoryPlugins } from './memory.ts';
import { openPackagePlugins, type PackagePlugins } from './packages.ts';

export type SchemaPluginsPlace =
  | ({ readonly kind: 'packages' } & PackagePlugins)
  | { readonly kind: 'memory'; readonly plugins: readonly SchemaPlugin[] };

/** Looks for nothing yet. */
export function openSchemaPlugins(place: SchemaPluginsPlace): SchemaPlugins {
  switch (place.kind) {
    case 'packages':
      return openPackagePlugins(place);
    case 'memory':
      return openMemoryPlugins(place.plugins);
  }
}
