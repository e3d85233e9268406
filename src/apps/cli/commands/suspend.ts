/** `themis suspend`: stops the line. A rollout that runs finishes the nodes in hand; a rollback is not held up. */
import { exitCode } from '../../../kernel/exit-code.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { Command } from '../command.ts';
import { whoAmI, withFleet } from '../fleet/fleet-session.ts';

export const suspendCommand: Command = {
  name: 'suspend',
  group: 'Steer a rollout',
  summary: 'stop the line: nothing new is started on this fleet until `themis resume`',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [
    { name: '--reason', value: 'TEXT', summary: 'why, for everybody who meets it', default: 'no reason given' },
  ],
  examples: [{ line: 'themis suspend --reason "incident 4711"', summary: 'everywhere, at once' }],
  run: (session, input) =>
    withFleet(session, input.argument('DIR') ?? '.', async ({ store, desired }) => {
      const at = formatInstant(session.clock.nowMs());
      await store.steer({ suspended: { at, by: whoAmI(), reason: input.text('reason') ?? 'no reason given' } });
      session.err.write(`Fleet ${desired.fleet.name} is suspended. Lift it with: themis resume\n`);
      return exitCode.done;
    }),
};
