import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { KeptWindow } from '../../../src/patch/refmix/apply/kept-window.ts';
import { WaitingWindows } from '../../../src/patch/refmix/apply/waiting-windows.ts';

const windowBytes = 2 ** 20;

interface Source {
  readonly windows: AsyncIterable<KeptWindow>;
  made: number;
}

function source(count: number, failure?: Error): Source {
  const found: Source = { made: 0, windows: make() };
  async function* make(): AsyncGenerator<KeptWindow> {
    for (; found.made < count; found.made += 1) {
      const start = found.made * windowBytes;
      const place = { start, from: start, to: start + windowBytes };
      yield await Promise.resolve({ ...place, blocks: new Uint16Array(), bytes: new Uint8Array(windowBytes) });
    }
    if (failure !== undefined) throw failure;
  }
  return found;
}

/** As long as it makes any. */
async function rest(found: { readonly made: number }): Promise<void> {
  for (let before = -1; before !== found.made;) {
    before = found.made;
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  }
}

async function startsOf(windows: AsyncIterable<KeptWindow>): Promise<number[]> {
  const starts: number[] = [];
  for await (const { start } of windows) starts.push(start / windowBytes);
  return starts;
}

describe('windows that wait for their turn', () => {
  it('stop being made at 80 MiB, and go on when it comes, all in order', async () => {
    const found = source(200);
    const waiting = new WaitingWindows(found.windows);
    await rest(found);
    expect(found.made).toBe(80);
    expect(await startsOf(waiting.take())).toEqual(Array.from({ length: 200 }, (_, nth) => nth));
  });

  it('are made hardly before they are taken once it came', async () => {
    const found = source(200);
    const waiting = new WaitingWindows(found.windows);
    let taken = 0;
    for await (const _ of waiting.take()) {
      taken += 1;
      if (taken < 100) continue;
      await rest(found);
      expect(found.made).toBeLessThan(taken + 4);
    }
    expect(taken).toBe(200);
  });

  it('are all given before what went wrong behind them', async () => {
    const found = source(3, new Error('behind them'));
    const waiting = new WaitingWindows(found.windows);
    await rest(found);
    const starts: number[] = [];
    const taking = async (): Promise<void> => {
      for await (const { start } of waiting.take()) starts.push(start / windowBytes);
    };
    await expect(taking()).rejects.toThrow('behind them');
    expect(starts).toEqual([0, 1, 2]);
  });

  it('are not made any more when nobody wants them', async () => {
    const found = source(200);
    const waiting = new WaitingWindows(found.windows);
    await waiting.close();
    await rest(found);
    expect(found.made).toBeLessThan(80);
  });
});
