/** `themis force-unlock`: takes the lock from a holder that is gone. Whoever held it can write nothing from then on. */
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import type { Command } from '../command.ts';
import { withFleet } from '../fleet/fleet-session.ts';

export const forceUnlockCommand: Command = {
  name: 'force-unlock',
  group: 'Steer a rollout',
  summary: 'take the lock of the fleet away from a process that is gone',
  arguments: [{ name: 'ID', summary: 'the number that the ALREADY_IN_PROGRESS message names', required: true }],
  options: [],
  examples: [{ line: 'themis force-unlock 7', summary: 'when you are sure that its holder is gone' }],
  run(session, input) {
    const text = input.argument('ID')!;
    if (!/^\d{1,15}$/u.test(text)) throw new ThemisError('USAGE', `${text} is not the number of a lock.`);
    return withFleet(session, '.', async ({ store }) => {
      const state = await store.lease.current();
      if (state === null) {
        session.err.write('Nobody holds the lock.\n');
        return exitCode.done;
      }
      if (!(await store.lease.forceRelease(Number(text)))) {
        throw new ThemisError(
          'ALREADY_IN_PROGRESS',
          `the lock is not ${text} but ${state.token}: ${state.holder.who} holds it`,
          {
            hint: `look again before you force it: themis force-unlock ${state.token}`,
          },
        );
      }
      session.err.write(`The lock of ${state.holder.who} (pid ${state.holder.pid}) was taken away.\n`);
      return exitCode.done;
    });
  },
};
