/**
 * `themis cancel`: ends a rollout where it is. One that runs elsewhere finishes the nodes in hand and closes; one that
 * was left open is closed here. What was done stays: `themis rollback --all` takes it back.
 */
import { randomUUID } from 'node:crypto';
import { ownHolder } from '../../../adapters/process/process-facts.ts';
import { leaseTtlMs } from '../../../fleet/lease.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { Command } from '../command.ts';
import { whoAmI, withFleet } from '../fleet/fleet-session.ts';

export const cancelCommand: Command = {
  name: 'cancel',
  group: 'Steer a rollout',
  summary: 'end the open rollout where it is; what was done stays',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [],
  examples: [{ line: 'themis cancel', summary: 'then, to take it back: themis rollback --all' }],
  run: (session, input) =>
    withFleet(session, input.argument('DIR') ?? '.', async ({ store }) => {
      const open = await store.openExecutionOf();
      if (open === null) {
        session.err.write('No rollout is open.\n');
        return exitCode.done;
      }
      const at = formatInstant(session.clock.nowMs());
      const by = whoAmI();
      await store.steer({ cancel: { execution: open.id, at, by } });
      const lease = await store.lease.acquire(ownHolder(randomUUID(), 'themis cancel'), leaseTtlMs);
      if (lease === null) {
        session.err.write(`${open.id} is asked to stop; it finishes the nodes in hand first.\n`);
        return exitCode.done;
      }
      try {
        const end = {
          finishedAt: at,
          result: 'cancelled',
          exitCode: exitCode.failed,
          detail: `cancelled by ${by}`,
        } as const;
        await store.closeExecution(open.id, end, lease.token);
      } finally {
        await lease.release();
      }
      session.err.write(`${open.id} is cancelled.\n`);
      return exitCode.done;
    }),
};
