import { exitCode } from '../../../kernel/exit-code.ts';
import { schemaStatusTable } from '../../../report/schema-status-table.ts';
import type { Command } from '../command.ts';
import { readFleetHistory } from '../databases/fleet-databases.ts';
import { chosenDatabases } from '../databases/one-database.ts';
import { databaseStatus } from '../databases/schema-status.ts';
import { withFleet } from '../fleet/fleet-session.ts';
import { outputOption } from '../output-option.ts';

export const migrateStatusCommand: Command = {
  name: 'migrate status',
  group: 'Databases',
  summary: 'show how far the migrations of each database are, and what was done in it',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [{ name: '--database', value: 'NAME', summary: 'only this Database' }, outputOption],
  examples: [
    { line: 'themis migrate status', summary: 'every database of the fleet in this directory' },
    { line: 'themis migrate status --database orders -o json', summary: 'one of them, for a script' },
  ],
  run: (session, input) =>
    withFleet(session, input.argument('DIR') ?? '.', async ({ desired, directory, store }) => {
      const chosen = chosenDatabases(desired, input.text('database'));
      const record = await store.readRecord();
      const seen = await Promise.all(chosen.map((database) => readFleetHistory(session, directory, database)));
      const nowMs = session.clock.nowMs();
      const databases = seen.map((one) => databaseStatus(one, desired.migrations, record, nowMs));
      const isJson = input.text('output') === 'json';
      session.out.write(isJson ? `${JSON.stringify({ databases }, null, 2)}\n` : schemaStatusTable(databases));
      return databases.every(({ reachable }) => reachable) ? exitCode.done : exitCode.failed;
    }),
};
