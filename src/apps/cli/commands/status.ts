import { collect } from '../../../fleet/collect.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { statusTable } from '../../../report/status-table.ts';
import type { Command } from '../command.ts';
import { withFleet } from '../fleet/fleet-session.ts';
import { fleetStatus } from '../fleet/fleet-status.ts';

const observedAtOnce = 32;

export const statusCommand: Command = {
  name: 'status',
  group: 'Look',
  summary: 'show what every node has and should have, and how far the rollout is',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [
    {
      name: '--output',
      short: '-o',
      value: 'FORMAT',
      summary: 'text or json',
      choices: ['text', 'json'],
      default: 'text',
    },
  ],
  examples: [
    { line: 'themis status', summary: 'of the fleet in this directory' },
    { line: 'themis status -o json', summary: 'for scripts' },
  ],
  run: (session, input) =>
    withFleet(session, input.argument('DIR') ?? '.', async (fleet) => {
      const { desired, store, transport, source, digests } = fleet;
      const collecting = { parallelism: observedAtOnce, full: false, signal: session.interrupts.soft };
      const [observed, record, open, lease] = await Promise.all([
        collect(transport, desired.fleet.nodes, collecting),
        store.readRecord(),
        store.openExecutionOf(),
        store.lease.current(),
      ]);
      const view = fleetStatus({
        desired,
        revision: source.revision,
        target: digests.targetDigest,
        observed,
        record,
        open,
        lease,
        nowMs: session.clock.nowMs(),
      });
      session.out.write(input.text('output') === 'json' ? `${JSON.stringify(view, null, 2)}\n` : statusTable(view));
      return exitCode.done;
    }),
};
