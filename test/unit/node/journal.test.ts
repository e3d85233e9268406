import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import { openNode } from '../../../src/node/context.ts';
import type { NodeContext } from '../../../src/node/context.ts';
import { openJournal, readJournal } from '../../../src/node/operation/journal.ts';
import { NodeWorld } from '../../support/node/node-world.ts';

async function withJournal(count: number): Promise<{ context: NodeContext; files: MemoryFileSystem; path: string }> {
  const files = new MemoryFileSystem();
  const world = new NodeWorld(files);
  await world.init();
  const context = await openNode({ ...world.deps(), files });
  const journal = await openJournal(context, 'op', 7);
  for (let index = 0; index < count; index += 1) {
    await journal.append({ step: `step-${index}`, event: 'begin', detail: { text: 'ünïcode\n' } });
  }
  return { context, files, path: context.layout.journal('op') };
}

const steps = async (context: NodeContext) => (await readJournal(context, 'op'))?.map((entry) => entry.step);

test('entries come back in order with number, operation, token and time', async () => {
  const { context } = await withJournal(3);
  const entries = await readJournal(context, 'op');
  expect(entries).toHaveLength(3);
  expect(entries?.[1]).toMatchObject({ seq: 1, operation: 'op', token: 7, step: 'step-1', event: 'begin' });
  expect(await readJournal(context, 'other')).toBeNull();
});

test('wherever the tail was torn off, the whole lines before it count, and writing goes on behind them', async () => {
  const { files: original, path } = await withJournal(3);
  const bytes = await original.readFile(path);
  const ends = [...bytes.entries()].filter(([, byte]) => byte === 10).map(([index]) => index + 1);
  for (let length = 0; length <= bytes.length; length += 1) {
    const { context, files } = await withJournal(0);
    await files.writeFile(path, bytes.slice(0, length), 0o600);
    const whole = ends.filter((end) => end <= length).length;
    expect((await steps(context))?.length).toBe(whole);
    const journal = await openJournal(context, 'op', 8);
    await journal.append({ step: 'next', event: 'done' });
    expect((await steps(context))?.at(-1)).toBe('next');
    expect(await steps(context)).toHaveLength(whole + 1);
  }
});

test('a changed byte anywhere but in the last line is refused', async () => {
  const { context, files, path } = await withJournal(3);
  const bytes = await files.readFile(path);
  const lastLine = bytes.subarray(0, -1).lastIndexOf(10) + 1;
  for (let at = 0; at < lastLine; at += 7) {
    const damaged = bytes.slice();
    damaged[at] = damaged[at]! ^ 1;
    await files.writeFile(path, damaged, 0o600);
    await expect(readJournal(context, 'op')).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' });
  }
});

test('a line that is missing in the middle is refused', async () => {
  const { context, files, path } = await withJournal(3);
  const lines = new TextDecoder().decode(await files.readFile(path)).split('\n');
  await files.writeFile(path, new TextEncoder().encode([lines[0], lines[2], ''].join('\n')), 0o600);
  expect(await steps(context)).toEqual(['step-0']);
  await files.writeFile(path, new TextEncoder().encode([lines[0], lines[2], lines[1], ''].join('\n')), 0o600);
  await expect(readJournal(context, 'op')).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' });
});

test('on a full disk the room kept free is given up for the journal', async () => {
  const { context, files } = await withJournal(1);
  await files.writeFile(context.layout.reserve, new Uint8Array(4096), 0o600);
  const journal = await openJournal(context, 'op', 7);
  files.capacityBytes = files.usedBytes;
  await journal.append({ step: 'late', event: 'done' });
  expect(await steps(context)).toEqual(['step-0', 'late']);
  expect(await files.lstat(context.layout.reserve)).toBeNull();
});
