/**
 * Runs a release command as a user does, and kills itself before the N-th thing it does to a file or to a database:
 * every call that changes one, those within a transaction too. Prints how many there were when it comes to its end.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { runCommand } from './run-command.ts';

const [root = '', limit = '0', ...line] = process.argv.slice(2);
let done = 0;
let armed = true;

function wrap<Name extends string>(holder: Record<Name, (...given: never[]) => unknown>, name: Name): void {
  const inner = holder[name] as (...given: unknown[]) => unknown;
  holder[name] = function counted(this: unknown, ...given: unknown[]) {
    if (armed) {
      done += 1;
      if (done === Number(limit)) process.kill(process.pid, 'SIGKILL');
    }
    return inner.apply(this, given);
  } as never;
}

// Loaded first, so that what Node itself does to files does not count.
armed = false;
await runCommand(root, [...line.slice(0, 2), '--help']);
armed = true;
for (const name of ['unlink', 'rmdir', 'rename', 'open', 'mkdir'] as const) wrap(fs.promises as never, name);
syncBuiltinESMExports();
wrap(DatabaseSync.prototype as never, 'exec');
wrap(StatementSync.prototype as never, 'run');
const { exitCode, err } = await runCommand(root, line);
process.stdout.write(JSON.stringify({ exitCode, err, done }));
