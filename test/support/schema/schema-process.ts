/**
 * A process that carries out, or takes back, a migration of one operation, and says how that ended; made to be killed. Its
 * arguments: a URL or a directory, the operation as JSON, and the job. `fail`: beside an operation that fails, after it.
 */
import { openPglite } from '../../../src/adapters/database/pglite.ts';
import { openPostgresql } from '../../../src/adapters/database/postgresql.ts';
import { programFile } from '../../../src/apps/package-files.ts';
import type { Operation } from '../../../src/model/documents.ts';
import { jobs, type Job } from './jobs.ts';
import { SchemaWorld } from './schema-world.ts';

const [place = '', operation = '', job = ''] = process.argv.slice(2);
const database = place.startsWith('postgresql:')
  ? openPostgresql({ url: () => Promise.resolve(place), sessions: 2 })
  : await openPglite({ directory: place, entry: programFile('worker/pglite') });
await database.use((session) => session.query('SELECT 1'));
process.stdout.write('ready\n');
const world = new SchemaWorld(database);
// Another one may be at work, or be missed by the server only after a while.
world.change = { settings: { lockTimeoutMs: 50, statementTimeoutMs: 10_000, waitForOtherMs: 60_000 } };
const outcome = await jobs[job as Job].work(world, JSON.parse(operation) as Operation);
process.stdout.write(`${outcome}\n`);
await database.close();
