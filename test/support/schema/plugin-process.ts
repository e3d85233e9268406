/** A program that runs the migration of `plugin-kill.test.ts`: FLEET_DIRECTORY, DATABASE_DIRECTORY, apply or undo. */
import { openPglite } from '../../../src/adapters/database/pglite.ts';
import { openSchemaPlugins } from '../../../src/adapters/schema-plugins/index.ts';
import { programFile } from '../../../src/apps/package-files.ts';
import { migration, SchemaWorld } from './schema-world.ts';

const [fleetDirectory, directory, job] = process.argv.slice(2);
const world = new SchemaWorld(await openPglite({ directory: directory!, entry: programFile('worker/pglite') }));
const plugins = openSchemaPlugins({
  kind: 'packages',
  fleetDirectory: fleetDirectory!,
  allowLocal: false,
  entry: programFile('worker/schema-plugin'),
  environment: {},
});
const operations = [{ custom: { plugin: 'graph', phase: 'expand' as const, timeout: '60s' } }];
const run = job === 'undo' ? world.undo('first', { plugins }) : world.run(migration(operations), 'expand', { plugins });
const { outcome, failure } = await run;
await world.database.close();
process.stdout.write(`${outcome} ${failure?.message ?? ''}`);
