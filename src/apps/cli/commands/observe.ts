/** `themis observe`: everything a plan is made from besides the desired state, as one file. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { encodeSnapshot } from '../../../observe/snapshot.ts';
import type { Command } from '../command.ts';
import { withFleet } from '../fleet/fleet-session.ts';
import { takeSnapshot } from '../fleet/plan-sources.ts';

export const observeCommand: Command = {
  name: 'observe',
  group: 'Look',
  summary: 'ask every node what it has and save the answers for `plan --observed`',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [
    { name: '--out', value: 'FILE', summary: 'write the snapshot here (default: stdout)' },
    { name: '--full', summary: 'hash every file on every node, even those that look untouched' },
  ],
  examples: [
    { line: 'themis observe --out fleet.json', summary: 'then, anywhere: themis plan --observed fleet.json' },
    { line: 'themis observe --full', summary: 'every byte read, printed' },
  ],
  run: (session, input) =>
    withFleet(session, input.argument('DIR') ?? '.', async ({ directory, desired, store }) => {
      const options = { full: input.flag('full'), record: await store.readRecord() };
      const snapshot = await takeSnapshot(session, directory, desired, options);
      const silent = snapshot.observed.nodes.filter((node) => !node.reachable);
      for (const node of silent) {
        if (!node.reachable) session.err.write(`warning: ${node.name}: ${node.failure.message}\n`);
      }
      const text = encodeSnapshot(snapshot);
      const out = input.text('out');
      if (out === undefined) session.out.write(text);
      else await save(resolve(session.directory, out), text);
      return silent.length === 0 ? exitCode.done : exitCode.failed;
    }),
};

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new ThemisError('IO', `${path} cannot be written.`, { cause });
  }
}
