import { exitCode } from '../../../kernel/exit-code.ts';
import { historyTable } from '../../../report/history-table.ts';
import { verdictTable } from '../../../report/verdict-text.ts';
import type { Command } from '../command.ts';
import { withFleet } from '../fleet/fleet-session.ts';
import { outputOption } from '../output-option.ts';

export const historyCommand: Command = {
  name: 'history',
  group: 'Look',
  summary: 'show what was applied to this fleet, when, by whom, and how it ended',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [{ name: '--limit', value: 'N', summary: 'newest first, at most this many', default: '20' }, outputOption],
  examples: [
    { line: 'themis history', summary: 'the last twenty' },
    { line: 'themis history --limit 1 -o json', summary: 'the last one, for a script' },
  ],
  run: (session, input) =>
    withFleet(session, input.argument('DIR') ?? '.', async ({ store }) => {
      const rows = await store.history(input.integer('limit', 1) ?? 20);
      if (input.text('output') === 'json') {
        session.out.write(`${JSON.stringify(rows, null, 2)}\n`);
        return exitCode.done;
      }
      session.out.write(historyTable(rows));
      const [newest] = rows;
      const { verdicts } = await store.readRecord();
      const latest = verdicts.filter(({ target, at }) => target === newest?.targetDigest && at >= newest.startedAt);
      if (latest.length > 0) session.out.write(`\nVerdicts of ${newest!.id}\n${verdictTable(latest)}`);
      return exitCode.done;
    }),
};
