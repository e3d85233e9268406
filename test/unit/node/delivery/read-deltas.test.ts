import { expect, test } from 'vitest';
import type { Digest } from '../../../../src/kernel/digest.ts';
import { ThemisError } from '../../../../src/kernel/error.ts';
import type { IndexedDelta } from '../../../../src/model/delta.ts';
import type { ReadDelta } from '../../../../src/node/delivery/patches/plan-patches.ts';
import { type DeltaReader, readDeltas } from '../../../../src/node/delivery/patches/read-deltas.ts';
import { indexedDelta } from '../../../support/delta/index-fixture.ts';

const to = '2.0.0';
/** `bytes`: of all its patches. */
const link = (from: string, end: string, bytes: number): IndexedDelta => ({
  ...indexedDelta('p', from, end),
  url: `${from}-${end}`,
  patchBytes: bytes,
});
const hashOf = (version: string): Digest => link(version, 'x', 0).from;

/** What was asked for, in order. `bytes`: what would be fetched by these deltas. */
async function asked(
  offered: readonly IndexedDelta[],
  bases: readonly string[],
  bytes: (urls: readonly string[]) => number,
  isRefused: (url: string) => boolean = () => false,
): Promise<{
  readonly asked: readonly string[];
  readonly read: readonly string[];
  readonly refused: readonly string[];
}> {
  const urls: string[] = [];
  const refused: string[] = [];
  const read: DeltaReader['read'] = async ({ url }) => {
    urls.push(url);
    return isRefused(url) ? new ThemisError('UNSIGNED', 'no') : ({ url } as ReadDelta);
  };
  const deltas = await readDeltas({
    offered,
    to: hashOf(to),
    bases: new Set(bases.map(hashOf)),
    read,
    onRefusal: async ({ url }) => void refused.push(url),
    bytesToFetch: async (all) => bytes(all.map(({ url }) => url)),
  });
  return { asked: urls, read: deltas.map(({ url }) => url), refused };
}

test('no more is read once no way that is left has fewer bytes than what would be fetched', async () => {
  const offered = [link('1.0.0', to, 50), link('1.0.0', '1.5.0', 30), link('1.5.0', to, 30), link('1.1.0', to, 61)];
  const all = ['1.0.0-2.0.0', '1.0.0-1.5.0', '1.5.0-2.0.0', '1.1.0-2.0.0'];
  for (const [bytes, count] of [
    [50, 1],
    [60, 1],
    [61, 3],
    [62, 4],
  ] as const)
    expect((await asked(offered, ['1.0.0', '1.1.0'], () => bytes)).asked).toEqual(all.slice(0, count));
});

test('the first way is looked at whatever the index says of its bytes: not all of them may be needed', async () => {
  expect((await asked([link('1.0.0', to, 1e9)], ['1.0.0'], () => 10)).read).toEqual(['1.0.0-2.0.0']);
  expect((await asked([], ['1.0.0'], () => 10)).read).toEqual([]);
});

test('however many there are, sixteen are read, and a way that is too long for what is left gives way to a shorter one', async () => {
  const versions = Array.from({ length: 40 }, (_, at) => `1.${at}.0`);
  const direct = versions.map((version, at) => link(version, to, at));
  expect((await asked(direct, versions, () => 1e9)).asked).toEqual(direct.slice(0, 16).map(({ url }) => url));
  const pair = [link('1.0.0', '1.50.0', 15), link('1.50.0', to, 0.5)];
  const mixed = await asked([...direct.slice(1), ...pair], versions, () => 1e9);
  expect(mixed.asked).toHaveLength(16);
  expect(mixed.asked.slice(-2)).toEqual(['1.15.0-2.0.0', '1.16.0-2.0.0']);
});

test('a refused one is left out of every way, what led through it hides no other, and the fifth ends it', async () => {
  const offered = [
    ...[1, 2, 3, 4, 5].map((at) => link(`1.${at}.0`, '1.50.0', at)),
    ...[1, 2, 3, 4, 5].map((at) => link('1.0.0', `1.${at}.0`, 0)),
    link('1.50.0', to, 1),
    link('1.0.0', to, 900),
  ];
  const bad = await asked(
    offered,
    ['1.0.0'],
    () => 1e9,
    (url) => url === '1.50.0-2.0.0',
  );
  expect([bad.refused, bad.read]).toEqual([['1.50.0-2.0.0'], ['1.0.0-1.1.0', '1.1.0-1.50.0', '1.0.0-2.0.0']]);
  const versions = Array.from({ length: 40 }, (_, at) => `1.${at}.0`);
  const direct = versions.map((version, at) => link(version, to, at));
  const none = await asked(
    direct,
    versions,
    () => 1e9,
    () => true,
  );
  expect([none.asked.length, none.read, none.refused.length]).toEqual([5, [], 5]);
});
