import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/kernel/digest.ts';
import type { IndexedDelta } from '../../../../src/model/delta.ts';
import { bytesToFetch, planPatches, type ReadDelta } from '../../../../src/node/delivery/patches/plan-patches.ts';
import { waysTo } from '../../../../src/node/delivery/patches/ways.ts';

const hashOf = (name: string): Digest => `sha256:${name.padStart(64, '0')}`;
const link = (from: string, to: string, patchBytes: number): IndexedDelta => ({
  package: 'p',
  platform: 'any',
  architecture: 'any',
  from: hashOf(from),
  to: hashOf(to),
  url: `deltas/${from}-${to}/delta.json`,
  sha256: ''.padStart(64, '0'),
  patchBytes,
});

describe('ways from release to release', () => {
  const ways = (deltas: readonly IndexedDelta[], ...bases: readonly string[]): string[] =>
    [...waysTo(deltas, hashOf('6'), new Set(bases.map(hashOf)))].map(
      ({ patchBytes, links }) => `${patchBytes}: ${links.map(({ url }) => url.split('/')[1]).join(' ')}`,
    );

  it('come in the order of their bytes: one delta, or a chain, from what is here', () => {
    const deltas = [link('4', '5', 100), link('5', '6', 100), link('4', '6', 300)];
    expect(ways(deltas, '4')).toEqual(['200: 4-5 5-6', '300: 4-6']);
    expect(ways(deltas, '5')).toEqual(['100: 5-6']);
    expect(ways(deltas, '4', '5')).toEqual(['100: 5-6', '300: 4-6']);
    expect(ways([...deltas, link('3', '6', 150)], '3', '4')).toEqual(['150: 3-6', '200: 4-5 5-6', '300: 4-6']);
    expect(ways(deltas, '3')).toEqual([]);
    expect(ways([link('4', '5', 100), link('5', '6', 100), link('4', '6', 200)], '4')).toEqual([
      '200: 4-6',
      '200: 4-5 5-6',
    ]);
  });

  it('are never longer than eight links, never go in a circle, and of one release never more than four', () => {
    const chain = (length: number): IndexedDelta[] =>
      Array.from({ length }, (_, at) =>
        link(String(100 - length + at), at === length - 1 ? '6' : String(101 - length + at), 1),
      );
    expect(ways(chain(8), '92')).toHaveLength(1);
    expect(ways(chain(9), '91')).toEqual([]);
    expect(ways([link('5', '6', 1), link('6', '5', 1), link('4', '5', 1)], '4')).toEqual(['2: 4-5 5-6']);
    expect(ways([link('5', '6', 1), link('6', '5', 1), link('6', '6', 1)], '6')).toEqual([]);
    const middle = ['a', 'b', 'c', 'd', 'e'].flatMap((name, at) => [link('4', name, at), link(name, '6', 1)]);
    expect(ways(middle, '4')).toEqual(['1: 4-a a-6', '2: 4-b b-6', '3: 4-c c-6', '4: 4-d d-6']);
  });
});

describe('the way of a file', () => {
  const name = (text: string): string => text.padStart(64, '0');
  const step = (base: string, target: string, patchSize: number, targetSize = 100) => ({
    path: target,
    baseHash: name(base),
    targetHash: name(target),
    patchUrl: `patches/${base}${target}`,
    patchHash: name(`${base}${target}`),
    patchSize,
    targetSize,
    algorithm: 'BSDIFF' as const,
  });
  const deltaOf = (from: string, files: readonly ReturnType<typeof step>[]): ReadDelta => ({
    url: `deltas/${from}/delta.json`,
    delta: {
      formatVersion: '1.0',
      product: 'p',
      package: 'p',
      platform: 'any',
      architecture: 'any',
      from,
      to: 'next',
      fromManifestHash: hashOf('1'),
      toManifestHash: hashOf('2'),
      files,
    },
  });
  const wants = (names: readonly string[]) => names.map((each) => ({ sha256: name(each), sizeBytes: 100 }));
  const plans = (links: readonly ReadDelta[], here: readonly string[], wanted: readonly string[]) =>
    planPatches(
      links,
      (sha256) => (here.map(name).includes(sha256) ? 7 : undefined),
      wants(wanted),
      ({ file, baseBytes }) => file.targetSize + baseBytes <= 200,
    );
  const plan = (links: readonly ReadDelta[], here: readonly string[], wanted: readonly string[]) => {
    const found = plans(links, here, wanted);
    return Object.fromEntries(
      [...found].map(([sha256, { steps, from }]) => [
        sha256.replace(/^0+/u, ''),
        `${from}: ${steps.map(({ path }) => path).join(' ')}`,
      ]),
    );
  };

  it('goes through every delta that changes it, and takes no step where one does not', () => {
    const links = [deltaOf('1.4', [step('a', 'b', 10), step('x', 'y', 10)]), deltaOf('1.5', [step('b', 'c', 10)])];
    expect(plan(links, ['a', 'x'], ['c', 'y'])).toEqual({
      c: '1.4: deltas/1.4/patches/ab deltas/1.5/patches/bc',
      y: '1.4: deltas/1.4/patches/xy',
    });
    expect(plan(links, ['b'], ['c', 'y'])).toEqual({ c: '1.5: deltas/1.5/patches/bc' });
  });

  it('is the cheapest, and the whole file where no way is cheaper', () => {
    const links = [
      deltaOf('1.4', [step('a', 'b', 60), step('z', 'b', 30)]),
      deltaOf('1.5', [step('b', 'c', 40), step('y', 'd', 100)]),
    ];
    expect(plan(links, ['a'], ['c'])).toEqual({});
    expect(plan(links, ['a', 'z'], ['c'])).toEqual({ c: '1.4: deltas/1.4/patches/zb deltas/1.5/patches/bc' });
    expect(plan(links, ['y'], ['d'])).toEqual({});
  });

  it('goes over whatever deltas were read, in whatever order, and each file goes its own way', () => {
    const links = [
      deltaOf('1.4', [step('x', 'z', 5)]),
      deltaOf('1.5', [step('b', 'c', 10), step('y', 'z', 10)]),
      deltaOf('1.4', [step('a', 'b', 10), step('x', 'y', 10)]),
    ];
    const found = { c: '1.4: deltas/1.4/patches/ab deltas/1.5/patches/bc', z: '1.4: deltas/1.4/patches/xz' };
    expect(plan(links, ['a', 'x'], ['c', 'z'])).toEqual(found);
    expect(plan(links.toReversed(), ['a', 'x'], ['c', 'z'])).toEqual(found);
    const long = Array.from({ length: 9 }, (_, at) => deltaOf('1.4', [step(`${at}`, `${at + 1}`, 1)]));
    expect(Object.keys(plan(long, ['0'], ['8', '9']))).toEqual(['8']);
  });

  it('uses no patch that cannot be applied to a base of that size', () => {
    expect(plan([deltaOf('1.4', [step('a', 'b', 10, 194)])], ['a'], ['b'])).toEqual({});
    expect(plan([deltaOf('1.4', [step('a', 'b', 10, 193)])], ['a'], ['b'])).not.toEqual({});
    const links = [deltaOf('1.4', [step('a', 'b', 10, 101)]), deltaOf('1.5', [step('b', 'c', 10, 100)])];
    expect(plan(links, ['a'], ['c'])).toEqual({});
  });

  it('costs its patches, each once however many files need it, and what has none costs all of it', () => {
    const links = [deltaOf('1.4', [step('a', 'b', 10)]), deltaOf('1.5', [step('b', 'c', 20), step('b', 'd', 30)])];
    const wanted = ['c', 'd', 'e'];
    expect(bytesToFetch(wants(wanted), plans(links, ['a'], wanted))).toBe(10 + 20 + 30 + 100);
    expect(bytesToFetch(wants(wanted), plans([], ['a'], wanted))).toBe(300);
  });
});
