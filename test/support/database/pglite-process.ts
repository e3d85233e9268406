/** A process that has a PGlite directory open and commits one row after the other, saying each, until it is killed. */
import { openPglite } from '../../../src/adapters/database/pglite.ts';
import { programFile } from '../../../src/apps/package-files.ts';

const [directory = '', job = ''] = process.argv.slice(2);
const database = await openPglite({ directory, entry: programFile('worker/pglite') });
if (job === 'once') {
  // Nothing is closed: what is idle may not keep the process.
  await database.use((session) => session.query('SELECT 1'));
  process.stdout.write('done\n');
} else {
  await database.use(async (session) => {
    await session.query('CREATE TABLE kept (n int PRIMARY KEY)');
    for (let n = 1; ; n += 1) {
      await session.query('INSERT INTO kept VALUES ($1)', [n]);
      process.stdout.write(`${n}\n`);
    }
  });
}
