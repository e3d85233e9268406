/** A process that carries out, or takes back, a migration of hand-made steps, and says how that ended; made to be killed. */
import { openPglite } from '../../../src/adapters/database/pglite.ts';
import { openPostgresql } from '../../../src/adapters/database/postgresql.ts';
import { pgliteEntry } from '../../../src/apps/worker/pglite-entry.ts';
import { failingStep, handMade, shadowSteps } from './hand-made.ts';
import { SchemaWorld } from './schema-world.ts';

const [place = '', job = ''] = process.argv.slice(2);
const database = place.startsWith('postgresql:')
  ? openPostgresql({ url: () => Promise.resolve(place), sessions: 2 })
  : await openPglite({ directory: place, entry: pgliteEntry });
await database.use((session) => session.query('SELECT 1'));
process.stdout.write('ready\n');
const world = new SchemaWorld(database);
const { migration, parts } = handMade({ expand: job === 'fail' ? [...shadowSteps, failingStep] : shadowSteps });
const { outcome } = job === 'undo' ? await world.undo('first') : await world.run(migration, 'expand', parts);
process.stdout.write(`${outcome}\n`);
await database.close();
