/** Patches both ways with the programs of others; xdelta3 has a suite of its own. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bsdiff, makeClassicBsdiff } from '../../src/patch/bsdiff.ts';
import { packBzip2 } from '../../src/patch/bzip2/pack.ts';
import { unpackBzip2 } from '../../src/patch/bzip2/unpack.ts';
import { zstdDict } from '../../src/patch/zstd-dict.ts';
import { applyPatch } from '../support/patch/apply-patch.ts';
import { noise } from '../support/patch/kinds-of-files.ts';
import { hasProgram, runProgram } from '../support/patch/program.ts';

interface FilePair {
  readonly name: string;
  readonly base: Uint8Array;
  readonly target: Uint8Array;
}

const lines = (skipped: number): Uint8Array =>
  new TextEncoder().encode(
    Array.from({ length: 9000 }, (_, line) => (line % skipped === 0 ? '' : `${line}: ${line * line}\n`)).join(''),
  );
const turned = (bytes: Uint8Array, at: number): Uint8Array =>
  Uint8Array.from([...bytes.subarray(at), ...bytes.subarray(0, at)]);

/** Two programs of one package, linked against the same libraries. */
const programs: FilePair = { name: 'a program', base: readFileSync('/bin/ls'), target: readFileSync('/bin/cp') };

const pairs: readonly FilePair[] = [
  { name: 'nothing', base: lines(5), target: new Uint8Array(0) },
  { name: 'text', base: lines(7), target: lines(11) },
  { name: 'what moved', base: noise(150_000, 256, 1), target: turned(noise(150_000, 256, 1), 40_000) },
  { name: 'what is like nothing', base: noise(20_000, 256, 2), target: noise(30_000, 256, 3) },
  { name: 'zeros', base: new Uint8Array(1000), target: new Uint8Array(2_000_000) },
  { name: 'one byte', base: Uint8Array.of(1), target: Uint8Array.of(2) },
  { name: 'the same', base: lines(5), target: lines(5) },
  { name: 'something from nothing', base: new Uint8Array(0), target: noise(5000, 256, 4) },
  programs,
];
/** bsdiff maps both files into memory and cannot do so with an empty one; zstd aborts over an empty target. */
const withoutEmpty = pairs.filter(({ base, target }) => base.length > 0 && target.length > 0);

describe.skipIf(!hasProgram('bspatch', 'bsdiff'))('bsdiff and bspatch', () => {
  test.each(pairs)('bspatch makes $name of a classic patch', ({ base, target }) => {
    const patch = makeClassicBsdiff(base, target);
    expect(runProgram('bspatch', ['base', 'made', 'patch'], { base, patch })).toEqual(Buffer.from(target));
  });

  test.each(withoutEmpty)('a patch of bsdiff makes $name', async ({ base, target }) => {
    const patch = runProgram('bsdiff', ['base', 'target', 'made'], { base, target });
    expect(await applyPatch(bsdiff, base, patch, target.length)).toEqual(Buffer.from(target));
  });

  test('classic patches are about as small as those of bsdiff, own ones smaller', async () => {
    const { base, target } = programs;
    const theirs = runProgram('bsdiff', ['base', 'target', 'made'], { base, target }).length;
    expect(makeClassicBsdiff(base, target).length).toBeLessThan(theirs * 1.03);
    expect((await bsdiff.make(base, target, {})).length).toBeLessThan(theirs * 0.97);
  });
});

describe.skipIf(!hasProgram('bzip2', 'bzip2'))('bzip2', () => {
  const blocks = Uint8Array.from([...lines(3), ...new Uint8Array(70_000), ...noise(950_000, 256, 5), ...lines(3)]);
  const contents = [...pairs, { name: 'several blocks', target: blocks }];

  test.each(contents)('reads $name', ({ target }) => {
    const script = 'bzip2 -dc packed > made';
    expect(runProgram('sh', ['-c', script], { packed: packBzip2(target) })).toEqual(Buffer.from(target));
  });

  test.each(contents)('is read: $name', ({ target }) => {
    for (const level of [1, 9]) {
      const packed = runProgram('sh', ['-c', `bzip2 -${level}c target > made`], { target });
      const chunks = Array.from(unpackBzip2(packed, target.length), (chunk) => chunk.slice());
      expect(Buffer.concat(chunks)).toEqual(Buffer.from(target));
    }
  });
});

describe.skipIf(!hasProgram('zstd', 'zstd'))('zstd --patch-from', () => {
  test.each(pairs)('makes $name of a patch', async ({ base, target }) => {
    const patch = await zstdDict.make(base, target, {});
    const args = ['-q', '-d', '--long=31', '--patch-from=base', 'patch', '-o', 'made'];
    expect(runProgram('zstd', args, { base, patch })).toEqual(Buffer.from(target));
  });

  test.each(withoutEmpty)('makes a patch that makes $name', async ({ base, target }) => {
    const args = ['-q', '-19', '--long=27', '--patch-from=base', 'target', '-o', 'made'];
    const patch = runProgram('zstd', args, { base, target });
    expect(await applyPatch(zstdDict, base, patch, target.length)).toEqual(Buffer.from(target));
  });

  test('makes a patch of a base that begins as a trained dictionary does', async () => {
    const samples = Array.from({ length: 40 }, (_, index) => lines(index + 2).subarray(0, 4000));
    const files = Object.fromEntries(samples.map((sample, index) => [`sample${index}`, sample]));
    const trained = runProgram('zstd', ['-q', '--train', ...Object.keys(files), '--maxdict=4000', '-o', 'made'], files);
    for (const base of [trained, Uint8Array.from([...trained.subarray(0, 4), ...noise(5000, 256, 9)])]) {
      const target = turned(base, 1000);
      const patch = runProgram('zstd', ['-q', '-19', '--patch-from=base', 'target', '-o', 'made'], { base, target });
      expect(await applyPatch(zstdDict, base, patch, target.length)).toEqual(Buffer.from(target));
      expect(patch.length).toBeLessThan(1000);
    }
  });
});
