import { expect, test } from 'vitest';
import { SimulatedClock } from '../../../src/adapters/clock/simulated.ts';
import type { Session } from '../../../src/apps/cli/command.ts';
import { createProgress } from '../../../src/apps/cli/progress.ts';

/** A minute of staging, told every second; what was written for it. */
async function written(verbosity: Session['verbosity'], format: 'text' | 'jsonl') {
  const clock = new SimulatedClock();
  const [out, err]: [string[], string[]] = [[], []];
  const to = (lines: string[]) => ({
    write: (text: string) => void lines.push(text),
    isTerminal: false,
    color: false,
    columns: 100,
  });
  const session = { clock, out: to(out), err: to(err), verbosity, themisVersion: '0.0.0' } as unknown as Session;
  const progress = createProgress(session, format);
  for (let second = 0; second <= 60; second += 1) {
    const figures = { doneBytes: second, totalBytes: 100, fetchedBytes: second };
    progress.emit({ type: 'step-progress', step: 'a', target: 'node/a', phase: 'stage', ...figures });
    await clock.advance(1000);
  }
  progress.close();
  return { out: out.length, err: err.length };
}

test('a staging that lasts is told in lines now and then, as events always, and with -q not at all', async () => {
  expect(await written('normal', 'text')).toEqual({ out: 0, err: 3 });
  expect(await written('quiet', 'text')).toEqual({ out: 0, err: 0 });
  expect(await written('normal', 'jsonl')).toEqual({ out: 1 + 61, err: 0 });
});
