import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNodeFileSystem } from '../../../src/adapters/file-system/node.ts';
import type { Session } from '../../../src/apps/cli/command.ts';
import { keepIndex } from '../../../src/apps/cli/reading/fleet-source.ts';
import { type Look, lookAtIndex } from '../../../src/apps/cli/releases/looked-index.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { ReleaseSource } from '../../../src/ports/release-source.ts';
import { diffIndexes, encodeIndexDelta } from '../../../src/release/index/changes/index-delta.ts';
import { encodeIndex } from '../../../src/release/index/encode-index.ts';
import { signDetached } from '../../../src/release/sign-detached.ts';
import { entryOf, farSource, indexOf } from '../../support/delta/index-fixture.ts';
import * as pki from '../../support/pki.ts';
import { testSigner, testTrust } from '../../support/releases.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'themis-look-'));
});
afterEach(() => rmSync(state, { recursive: true }));

type Index = Pick<ReturnType<typeof indexOf>, 'index' | 'bytes' | 'digest'>;

const hourMs = 3_600_000;
const entries = Array.from({ length: 20 }, (_, minor) => entryOf('db', `1.${minor}.0`));
const [first, second, third] = [1, 2, 3].map((counter) =>
  indexOf(counter, [...entries, entryOf('db', `2.${counter}.0`)]),
);
const trust = testTrust();
/** Somebody who may sign nothing here. */
async function stranger(bytes: Uint8Array): Promise<Uint8Array> {
  const chain = [pki.certificate({ issuer: pki.name('Elsewhere'), issuerKey: pki.keyPair('elsewhere') })];
  return signDetached(bytes, { ...testSigner(), chain }, pki.nowMs);
}

interface World {
  readonly files: Map<string, Uint8Array>;
  /** What the source was asked for since the last call, and what it said. */
  asked(): string[];
  publish(index: Index, sign?: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<void>;
  down: ThemisError | null;
  /** In the midst of a request. */
  midway: () => void;
  look(atMs: number, over?: Partial<Look>): Promise<string>;
}

function world(directory = state): World {
  const files = new Map<string, Uint8Array>();
  const far = farSource(files);
  let present: Index | undefined;
  const made: World = {
    files,
    asked: () => far.asked.splice(0),
    down: null,
    midway: () => {},
    async publish(index, sign = (bytes) => signDetached(bytes, testSigner(), pki.nowMs)) {
      if (present !== undefined) {
        files.set(`index/${present.digest.slice(7)}.delta.json`, encodeIndexDelta(diffIndexes(present, index)));
      }
      present = index;
      files.set('index.json', index.bytes).set('index.json.p7s', await sign(index.bytes));
    },
    async look(atMs, over = {}) {
      const sleep = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
      const session = { clock: { nowMs: () => pki.nowMs + atMs, steadyMs: () => atMs, sleep } } as unknown as Session;
      const place = { directory: join(directory, 'fleet-1', 'releases'), name: 'a' };
      const given = { place, source, address: 'https://a', intervalMs: hourMs, trust: null, ...over };
      const looked = await lookAtIndex(session, given);
      const age = (pki.nowMs + atMs - looked.atMs) / 1000;
      const told = looked.failure === null ? '' : `, ${/INDEX_\w+/u.exec(looked.failure)?.[0] ?? 'in vain'}`;
      return `${looked.index.counter} ${looked.asked ? 'asked' : 'kept'} ${age} s${told}`;
    },
  };
  const source: ReleaseSource = {
    ...far,
    async readChanged(path, limitBytes, known) {
      made.midway();
      if (made.down === null) return far.readChanged(path, limitBytes, known);
      far.asked.push('down');
      throw made.down;
    },
  };
  return made;
}

const whole = ['index.json: bytes', 'index.json.p7s: bytes'];

describe('looking for releases', () => {
  it('is once in an interval, one request where nothing changed and two where something did', async () => {
    const made = world();
    await made.publish(first!);
    expect(await made.look(0)).toBe('1 asked 0 s');
    expect(made.asked()).toEqual(whole);
    await made.publish(second!);
    expect(await made.look(60_000)).toBe('1 kept 60 s');
    expect(await made.look(hourMs - 1, { trust })).toBe('1 kept 3599.999 s');
    expect(made.asked()).toEqual([]);
    expect(await made.look(hourMs)).toBe('2 asked 0 s');
    expect(made.asked()).toEqual(['index.json.p7s: bytes', 'changes: bytes']);
    expect(await made.look(2 * hourMs)).toBe('2 asked 0 s');
    expect(await made.look(3 * hourMs, { trust })).toBe('2 asked 0 s');
    expect(made.asked()).toEqual(['index.json.p7s: unchanged', 'index.json.p7s: unchanged']);
  });

  it('is once for two at a time', async () => {
    const made = world();
    await made.publish(first!);
    expect((await Promise.all([made.look(0), made.look(0)])).toSorted()).toEqual(['1 asked 0 s', '1 kept 0 s']);
    expect(made.asked()).toEqual(whole);
  });

  it('is at once with an interval of nothing, with a clock that was set back, and for another source', async () => {
    const made = world();
    await made.publish(first!);
    await made.look(0);
    expect(await made.look(1, { intervalMs: 0 })).toBe('1 asked 0 s');
    expect(await made.look(-hourMs)).toBe('1 asked 0 s');
    const place = { directory: join(state, 'fleet-1'), name: 'b' };
    expect(await made.look(-hourMs + 1, { place })).toBe('1 asked 0 s');
    expect(await made.look(-hourMs + 2)).toBe('1 kept 0.002 s');
  });

  it('counts in vain as well; what was kept answers, and where nothing was the reason is told again', async () => {
    const made = world();
    await made.publish(first!);
    made.down = new ThemisError('UNREACHABLE', 'no route');
    await expect(made.look(0)).rejects.toMatchObject({ code: 'UNREACHABLE', message: 'no route' });
    await expect(made.look(1)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('no route'),
    });
    expect(made.asked()).toEqual(['down']);
    made.down = null;
    expect(await made.look(hourMs)).toBe('1 asked 0 s');
    made.asked();
    made.down = new ThemisError('TIMEOUT', 'slow');
    expect(await made.look(2 * hourMs)).toBe('1 asked 3600 s, in vain');
    expect(await made.look(2 * hourMs + 1000)).toBe('1 kept 3601 s, in vain');
    expect(made.asked()).toEqual(['down']);
  });

  it('counts as well where it was killed in the midst of a request', async () => {
    const made = world();
    await made.publish(first!);
    await made.look(0);
    const killed = mkdtempSync(join(tmpdir(), 'themis-look-'));
    made.midway = () => cpSync(join(state, 'fleet-1'), join(killed, 'fleet-1'), { recursive: true });
    await made.look(hourMs);
    const after = world(killed);
    await after.publish(second!);
    expect(await after.look(hourMs + 1)).toBe('1 kept 3600.001 s, in vain');
    expect(after.asked()).toEqual([]);
    expect(await after.look(2 * hourMs)).toBe('2 asked 0 s');
    rmSync(killed, { recursive: true });
  });

  it('keeps what it found where other commands keep it, and says so where that is lost', async () => {
    const made = world();
    await made.publish(first!);
    await made.look(0);
    const place = join(state, 'fleet-1', 'releases');
    expect(readdirSync(place).filter((name) => name !== 'lock')).toEqual(['a.index', 'a.look.json']);
    rmSync(join(place, 'a.index'));
    await expect(made.look(1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await made.look(2, { intervalMs: 0 })).toBe('1 asked 0 s');
    rmSync(join(place, 'a.look.json'));
    expect(await made.look(3)).toBe('1 asked 0 s');
    made.files.set('index.json', Buffer.from('{}')).delete('index.json.p7s');
    await expect(made.look(hourMs + 4)).rejects.toMatchObject({ code: 'INDEX_INVALID' });
  });
});

describe('whom to believe', () => {
  it('is asked of what was kept as well, without asking the source again', async () => {
    const made = world();
    await made.publish(first!, stranger);
    await made.look(0);
    made.asked();
    await expect(made.look(1, { trust })).rejects.toMatchObject({ code: 'SIGNER_UNTRUSTED' });
    expect(made.asked()).toEqual([]);
    await made.publish(second!);
    expect(await made.look(hourMs, { trust })).toBe('2 asked 0 s');
    expect(await made.look(hourMs + 1, { trust })).toBe('2 kept 0.001 s');
    await expect(made.look(40 * 24 * hourMs, { trust })).rejects.toMatchObject({ reason: 'ANCHOR_EXPIRED' });
  });

  it('is asked once of what is too old, which does not get younger by asking again', async () => {
    const made = world();
    await made.publish({ ...first!, bytes: encodeIndex({ ...first!.index, expiresAt: '2026-07-01T00:30:00Z' }) });
    await made.look(0, { trust });
    made.asked();
    await expect(made.look(hourMs, { trust })).rejects.toMatchObject({ reason: 'INDEX_STALE' });
    expect(made.asked()).toEqual(['index.json.p7s: unchanged']);
  });

  it('is nobody where there is no signature, and a look that was refused is refused until the next', async () => {
    const made = world();
    await made.publish(first!);
    await made.look(0, { trust });
    await made.publish(second!);
    made.files.delete('index.json.p7s');
    await expect(made.look(hourMs, { trust })).rejects.toMatchObject({ reason: 'INDEX_UNSIGNED' });
    await expect(made.look(hourMs + 1, { trust })).rejects.toMatchObject({ reason: 'INDEX_UNSIGNED' });
    expect(await made.look(hourMs + 2)).toBe('1 kept 3600.002 s, INDEX_UNSIGNED');
    await made.publish(second!);
    expect(await made.look(2 * hourMs, { trust })).toBe('2 asked 0 s');
  });
});

describe('an index that is older than the one before', () => {
  it('is refused with anchors, again until the next look, and what was kept stays', async () => {
    const made = world();
    await made.publish(second!);
    await made.look(0, { trust });
    await made.publish(first!);
    await expect(made.look(hourMs, { trust })).rejects.toMatchObject({
      code: 'INDEX_STALE',
      reason: 'INDEX_ROLLED_BACK',
    });
    made.asked();
    await expect(made.look(hourMs + 1, { trust })).rejects.toMatchObject({ reason: 'INDEX_ROLLED_BACK' });
    expect(made.asked()).toEqual([]);
    await expect(made.look(2 * hourMs, { trust })).rejects.toMatchObject({ reason: 'INDEX_ROLLED_BACK' });
    await made.publish(third!);
    expect(await made.look(3 * hourMs, { trust })).toBe('3 asked 0 s');
  });

  it('is refused where the one before is no more there, or was kept without anchors', async () => {
    const made = world();
    await made.publish(second!);
    await made.look(0);
    await made.publish(first!);
    await expect(made.look(hourMs, { trust })).rejects.toMatchObject({ reason: 'INDEX_ROLLED_BACK' });
    await made.publish(third!);
    await made.look(2 * hourMs, { trust });
    await made.publish(second!);
    rmSync(join(state, 'fleet-1', 'releases', 'a.index'));
    await expect(made.look(3 * hourMs, { trust })).rejects.toMatchObject({ reason: 'INDEX_ROLLED_BACK' });
  });

  it('is refused or told as well where another command kept it in between', async () => {
    const made = world();
    await made.publish(second!);
    await made.look(0, { trust });
    const signature = await signDetached(first!.bytes, testSigner(), pki.nowMs);
    const place = { directory: join(state, 'fleet-1', 'releases'), name: 'a' };
    const older = { bytes: first!.bytes, signature, validators: { index: null, signature: null } };
    await keepIndex(createNodeFileSystem(), place, older);
    await expect(made.look(1, { trust })).rejects.toMatchObject({ reason: 'INDEX_ROLLED_BACK' });
    expect(await made.look(2)).toBe('1 kept 0.002 s, in vain');
  });

  it('is told without anchors, and the one before answers', async () => {
    const made = world();
    await made.publish(second!);
    await made.look(0);
    await made.publish(first!);
    expect(await made.look(hourMs)).toBe('2 asked 3600 s, INDEX_ROLLED_BACK');
    expect(await made.look(hourMs + 1000)).toBe('2 kept 3601 s, INDEX_ROLLED_BACK');
    await made.publish(third!);
    expect(await made.look(2 * hourMs)).toBe('3 asked 0 s');
  });

  it('is not older for what a stranger once showed to somebody who believed everybody', async () => {
    const made = world();
    await made.publish(third!, stranger);
    await made.look(0);
    await made.publish(first!);
    expect(await made.look(hourMs, { trust })).toBe('1 asked 0 s');
    await made.publish(second!);
    expect(await made.look(2 * hourMs)).toBe('2 asked 0 s');
  });

  it('nor is it hidden by the index of another product that the same people sign', async () => {
    const made = world();
    await made.publish(first!);
    await made.look(0, { trust });
    const bytes = encodeIndex({ ...third!.index, product: 'other' });
    await made.publish({ ...third!, bytes });
    await expect(made.look(hourMs, { trust })).rejects.toMatchObject({ reason: 'RELEASE_PRODUCT' });
    expect(await made.look(2 * hourMs)).toBe('3 asked 0 s');
    await made.publish(second!);
    expect(await made.look(3 * hourMs, { trust })).toBe('2 asked 0 s');
  });
});
