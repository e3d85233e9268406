import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/kernel/digest.ts';
import type { IndexedDelta } from '../../../../src/model/delta.ts';
import { chooseDeltas } from '../../../../src/node/delivery/patches/choose-deltas.ts';
import { planPatches, type ReadDelta } from '../../../../src/node/delivery/patches/plan-patches.ts';

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

describe('the way from release to release', () => {
  const choose = (deltas: readonly IndexedDelta[], bases: readonly string[], wholeBytes = 1000): string[] =>
    chooseDeltas(deltas, hashOf('6'), new Set(bases.map(hashOf)), wholeBytes).map(({ url }) => url.slice(7, 10));

  it('is the one with the fewest bytes: the whole, one delta, or a chain', () => {
    const deltas = [link('4', '5', 100), link('5', '6', 100), link('4', '6', 300)];
    expect(choose(deltas, ['4'])).toEqual(['4-5', '5-6']);
    expect(choose(deltas, ['5'])).toEqual(['5-6']);
    expect(choose(deltas, ['4', '5'])).toEqual(['5-6']);
    expect(choose([...deltas, link('4', '6', 150)], ['4'])).toEqual(['4-6']);
    expect(choose(deltas, ['4'], 200)).toEqual([]);
    expect(choose(deltas, ['4'], 201)).toEqual(['4-5', '5-6']);
    expect(choose(deltas, ['3'])).toEqual([]);
  });

  it('is the shorter of equals, and never longer than eight links or in a circle', () => {
    expect(choose([link('4', '5', 100), link('5', '6', 100), link('4', '6', 200)], ['4'])).toEqual(['4-6']);
    const chain = (length: number): IndexedDelta[] =>
      Array.from({ length }, (_, at) =>
        link(String(6 - length + at + 90), at === length - 1 ? '6' : String(7 - length + at + 90), 1),
      );
    expect(choose(chain(8), ['88'])).toHaveLength(8);
    expect(choose(chain(9), ['87'])).toEqual([]);
    expect(choose([link('5', '6', 0), link('6', '5', 0)], ['6'], 0)).toEqual([]);
    expect(choose([link('5', '6', 1), link('6', '5', 1), link('4', '5', 1)], ['4'])).toEqual(['4-5', '5-6']);
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
  const plan = (links: readonly ReadDelta[], here: readonly string[], wanted: readonly string[]) => {
    const found = planPatches(
      links,
      (sha256) => here.map(name).includes(sha256),
      wanted.map((each) => ({ sha256: name(each), sizeBytes: 100 })),
      ({ targetSize }) => targetSize <= 100,
    );
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

  it('starts at nothing that only another patch of the same delta makes, and uses no patch that cannot be applied', () => {
    expect(plan([deltaOf('1.4', [step('a', 'b', 10), step('b', 'c', 10)])], ['a'], ['c'])).toEqual({});
    expect(plan([deltaOf('1.4', [step('a', 'b', 10, 101)])], ['a'], ['b'])).toEqual({});
  });
});
