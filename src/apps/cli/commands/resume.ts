/** `themis resume`: lifts a suspension and the quarantine of the present target. What runs next is `themis apply`'s to say. */
import { randomUUID } from 'node:crypto';
import { ownHolder } from '../../../adapters/process/process-facts.ts';
import { takeLease } from '../../../fleet/lease.ts';
import { liftQuarantine } from '../../../fleet/rollout.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import type { Command, Session } from '../command.ts';
import { withFleet, type FleetSession } from '../fleet/fleet-session.ts';

export const resumeCommand: Command = {
  name: 'resume',
  group: 'Steer a rollout',
  summary: 'lift `suspend`, and the quarantine of a target that was rolled back',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [],
  examples: [{ line: 'themis resume', summary: 'then: themis apply' }],
  run: (session, input) =>
    withFleet(session, input.argument('DIR') ?? '.', async (fleet) => {
      const { store, digests } = fleet;
      const { suspended, quarantine } = await store.readRecord();
      const lifted = quarantine.some((one) => one.target === digests.targetDigest);
      if (suspended !== null) await store.steer({ suspended: null });
      if (lifted) await lift(session, fleet);
      const said = [
        ...(suspended === null ? [] : ['The suspension is lifted.']),
        ...(lifted ? ['The quarantine of this target is lifted.'] : []),
      ];
      session.err.write(`${said.length === 0 ? 'Nothing was suspended or in quarantine.' : said.join(' ')}\n`);
      return exitCode.done;
    }),
};

/** The record belongs to who holds the lock. */
async function lift(session: Session, { store, digests }: FleetSession): Promise<void> {
  const { clock, interrupts } = session;
  const waiting = { timeoutMs: 0, signal: interrupts.soft, onWait: () => {} };
  const lease = await takeLease(store.lease, ownHolder(randomUUID(), 'themis resume'), clock, waiting);
  try {
    await store.writeRecord(liftQuarantine(await store.readRecord(), digests.targetDigest), lease.token);
  } finally {
    await lease.release();
  }
}
