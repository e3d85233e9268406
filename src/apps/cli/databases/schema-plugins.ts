import { openSchemaPlugins } from '../../../adapters/schema-plugins/index.ts';
import type { SchemaPlugins } from '../../../ports/schema/schema-plugins.ts';
import { programFile } from '../../package-files.ts';
import type { Session } from '../command.ts';

/** Of the environment a plug-in sees what is meant for plug-ins: the rest may hold secrets of others. */
const prefix = 'THEMIS_PLUGIN_';

/** Packages by name. Whether one may come with the repository is for the machine to say, never for the repository. */
export function createPlugins({ environment }: Pick<Session, 'environment'>, fleetDirectory: string): SchemaPlugins {
  const shown = Object.entries(environment).filter(([name]) => name.startsWith(prefix));
  return openSchemaPlugins({
    kind: 'packages',
    entry: programFile('worker/schema-plugin'),
    fleetDirectory,
    allowLocal: environment['THEMIS_ALLOW_LOCAL_PLUGINS'] === '1',
    environment: Object.fromEntries(shown.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
  });
}
