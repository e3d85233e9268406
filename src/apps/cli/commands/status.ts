import { collect } from '../../../fleet/collect.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { parseSelector, selects } from '../../../kernel/selector.ts';
import type { Desired } from '../../../model/desired.ts';
import { statusTable } from '../../../report/status-table.ts';
import type { Command, Session } from '../command.ts';
import { withFleet } from '../fleet/fleet-session.ts';
import { fleetStatus } from '../fleet/fleet-status.ts';
import { outputOption } from '../output-option.ts';

const observedAtOnce = 32;

export const statusCommand: Command = {
  name: 'status',
  group: 'Look',
  selects: true,
  summary: 'show what every node has and should have, and how far the rollout is',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [outputOption],
  examples: [
    { line: 'themis status', summary: 'of the fleet in this directory' },
    { line: 'themis status -o json', summary: 'for scripts' },
  ],
  run: (session, input) =>
    withFleet(session, input.argument('DIR') ?? '.', async (fleet) => {
      const { desired, store, transport, source, digests } = fleet;
      const isShown = selectorOf(session, desired);
      const collecting = { parallelism: observedAtOnce, full: false, signal: session.interrupts.soft };
      const [observed, record, open, lease] = await Promise.all([
        collect(transport, desired.fleet.nodes, collecting),
        store.readRecord(),
        store.openExecutionOf(),
        store.lease.current(),
      ]);
      const whole = fleetStatus({
        desired,
        revision: source.revision,
        target: digests.targetDigest,
        observed,
        record,
        open,
        lease,
        nowMs: session.clock.nowMs(),
      });
      const view = { ...whole, nodes: whole.nodes.filter(({ name }) => isShown(name)) };
      session.out.write(input.text('output') === 'json' ? `${JSON.stringify(view, null, 2)}\n` : statusTable(view));
      return exitCode.done;
    }),
};

/** Conditions and rollout are those of the whole fleet; a selector only shortens the list of nodes. */
function selectorOf(session: Session, desired: Desired): (node: string) => boolean {
  if (session.selector === undefined) return () => true;
  const selector = parseSelector(session.selector);
  if (selector === undefined) throw new ThemisError('USAGE', `"${session.selector}" is not a label selector.`);
  const shown = new Set(desired.fleet.nodes.filter((node) => selects(selector, node.labels)).map(({ name }) => name));
  return (node) => shown.has(node);
}
