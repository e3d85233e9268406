import { expect, test } from 'vitest';
import { loadAllCommands, loadCommands } from '../../../src/apps/cli/load-command.ts';
import { parse } from '../../../src/apps/cli/parse.ts';

const all = await loadAllCommands();

/** The words of an example after `themis`: without what a shell does around them. */
function wordsOf(line: string): string[] {
  const inner = /<\(themis (.*)\)$/u.exec(line)?.[1] ?? line.replace(/^(?:\w+=\S+ )*themis /u, '');
  const words = inner.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/gu) ?? [];
  const end = words.findIndex((word) => /^[|<>&]/u.test(word));
  return words.slice(0, end === -1 ? words.length : end).map((word) => word.replaceAll(/['"]/gu, ''));
}

test.each(all.map((command) => [command.name, command] as const))(
  '%s: every example parses as that command',
  async (name, command) => {
    expect(command.examples.length).toBeGreaterThan(0);
    for (const { line } of command.examples) {
      const words = wordsOf(line);
      const parsed = parse(await loadCommands(words), words, {}, '0.0.0');
      expect([line, parsed.kind === 'run' ? parsed.command.name : parsed.text]).toEqual([line, name]);
    }
  },
);

test('every command is described by one line without a full stop', () => {
  for (const { name, summary } of all) expect([name, /^[a-z`][^\n]*[^.\n]$/u.test(summary)]).toEqual([name, true]);
});

test('no option of a command takes the letter of a global one', () => {
  const globals = new Set(['-C', '-l', '-q', '-v']);
  const taken = all.flatMap(({ name, options }) =>
    options.filter(({ short }) => globals.has(short ?? '')).map(() => name),
  );
  expect(taken).toEqual([]);
});
