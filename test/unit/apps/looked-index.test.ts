import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMemorySource } from '../../../src/adapters/release-source/memory.ts';
import type { Session } from '../../../src/apps/cli/command.ts';
import { type Look, lookAtIndex } from '../../../src/apps/cli/releases/looked-index.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { ReleaseSource } from '../../../src/ports/release-source.ts';
import { signDetached } from '../../../src/release/sign-detached.ts';
import { entryOf, indexOf } from '../../support/delta/index-fixture.ts';
import * as pki from '../../support/pki.ts';
import { testSigner, testTrust } from '../../support/releases.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'themis-look-'));
});
afterEach(() => rmSync(state, { recursive: true }));

const hourMs = 3_600_000;
const [first, second] = [1, 2].map((counter) => indexOf(counter, [entryOf('db', `1.${counter}.0`)]));

interface World {
  readonly files: Map<string, Uint8Array>;
  /** What the source was asked for, and what it said. */
  readonly asked: string[];
  down: ThemisError | null;
  look(atMs: number, over?: Partial<Look>): Promise<string>;
}

function world(): World {
  const files = new Map<string, Uint8Array>([['index.json', first!.bytes]]);
  const inner = openMemorySource(files);
  const made: World = {
    files,
    asked: [],
    down: null,
    async look(atMs, over = {}) {
      const clock = { nowMs: () => pki.nowMs + atMs, steadyMs: () => atMs, sleep: () => Promise.resolve() };
      const session = { clock } as unknown as Session;
      const place = { directory: join(state, 'fleet-1', 'releases'), name: 'a' };
      const given = { place, source, address: 'https://a', intervalMs: hourMs, trust: null, ...over };
      const looked = await lookAtIndex(session, given);
      const age = (pki.nowMs + atMs - looked.atMs) / 1000;
      return `${looked.index.counter} ${looked.asked ? 'asked' : `kept ${age} s`}${looked.failure === null ? '' : ', in vain'}`;
    },
  };
  const source: ReleaseSource = {
    ...inner,
    async readFile(path, limitBytes) {
      made.asked.push(path);
      return inner.readFile(path, limitBytes);
    },
    async readChanged(path, limitBytes, known) {
      if (made.down !== null) {
        made.asked.push('down');
        throw made.down;
      }
      const read = await inner.readChanged(path, limitBytes, known);
      made.asked.push(`${path} ${read.kind}`);
      return read;
    },
  };
  return made;
}

describe('looking for releases', () => {
  it('is one request in an interval; in between, what was kept answers and says from when', async () => {
    const made = world();
    expect(await made.look(0)).toBe('1 asked');
    made.files.set('index.json', second!.bytes);
    expect(await made.look(60_000)).toBe('1 kept 60 s');
    expect(await made.look(hourMs - 1)).toBe('1 kept 3599.999 s');
    expect(made.asked.splice(0)).toEqual(['index.json changed']);
    expect(await made.look(hourMs)).toBe('2 asked');
    expect(await made.look(2 * hourMs)).toBe('2 asked');
    expect(made.asked).toEqual(['index.json changed', 'index.json unchanged']);
  });

  it('is at once with an interval of nothing, with a clock that was set back, and for another source', async () => {
    const made = world();
    await made.look(0);
    expect(await made.look(1, { intervalMs: 0 })).toBe('1 asked');
    expect(await made.look(-hourMs)).toBe('1 asked');
    expect(await made.look(-hourMs + 1, { place: { directory: join(state, 'fleet-1'), name: 'b' } })).toBe('1 asked');
    expect(await made.look(-hourMs + 2)).toBe('1 kept 0.002 s');
  });

  it('counts in vain as well; what was kept answers, and where nothing was the reason is told again', async () => {
    const made = world();
    made.down = new ThemisError('UNREACHABLE', 'no route');
    await expect(made.look(0)).rejects.toMatchObject({ code: 'UNREACHABLE', message: 'no route' });
    await expect(made.look(1)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('no route'),
    });
    expect(made.asked.splice(0)).toEqual(['down']);
    made.down = null;
    expect(await made.look(hourMs)).toBe('1 asked');
    made.down = new ThemisError('TIMEOUT', 'slow');
    expect(await made.look(2 * hourMs)).toBe('1 kept 3600 s, in vain');
    expect(await made.look(2 * hourMs + 1000)).toBe('1 kept 3601 s, in vain');
    expect(made.asked).toEqual(['index.json changed', 'down']);
  });

  it('is taken up again where it was cut off or what was kept is damaged', async () => {
    const made = world();
    await made.look(0);
    const place = join(state, 'fleet-1', 'releases');
    expect(readdirSync(place).filter((name) => name !== 'lock')).toHaveLength(2);
    for (const name of readdirSync(place)) if (name !== 'lock') rmSync(join(place, name));
    expect(await made.look(1)).toBe('1 asked');
    made.files.set('index.json', Buffer.from('{}'));
    await expect(made.look(hourMs + 1, { intervalMs: 0 })).rejects.toMatchObject({ code: 'INDEX_INVALID' });
  });

  it('believes nobody but whom it is told to, kept or not', async () => {
    const made = world();
    const trust = testTrust();
    await made.look(0);
    await expect(made.look(1, { trust })).rejects.toMatchObject({ reason: 'INDEX_UNSIGNED' });
    made.files.set('index.json.p7s', await signDetached(first!.bytes, testSigner(), pki.nowMs));
    expect(await made.look(2, { trust })).toBe('1 asked');
    expect(await made.look(3, { trust })).toBe('1 kept 0.001 s');
    made.files.set('index.json', second!.bytes);
    await expect(made.look(hourMs + 2, { trust })).rejects.toMatchObject({ reason: 'CMS_MESSAGE_DIGEST_MISMATCH' });
    await expect(made.look(40 * 24 * hourMs, { trust })).rejects.toBeInstanceOf(ThemisError);
  });
});
