import { describe, expect, it } from 'vitest';
import { openCompute } from '../../../../src/adapters/compute/index.ts';
import { ThemisError } from '../../../../src/kernel/error.ts';
import type { DeltaAlgorithm } from '../../../../src/model/delta.ts';
import type { PatchAlgorithm } from '../../../../src/patch/algorithm.ts';
import type { TaskCode } from '../../../../src/ports/compute.ts';
import {
  type Attempt,
  type DeltaTasks,
  findPatches,
  type FoundPatch,
  isWorthIt,
  type PatchFindings,
  type PatchSearch,
} from '../../../../src/release/delta/find-patches.ts';
import { fileOf } from '../../../support/releases.ts';

/** What each algorithm makes of a file, by its letter; null: it throws. */
type Sizes = Readonly<Partial<Record<DeltaAlgorithm, Readonly<Record<string, number | null>>>>>;

const pairs = ['a', 'b', 'c'].map((letter) => ({
  base: fileOf(letter, letter.repeat(4000)),
  target: fileOf(letter, letter.repeat(5000)),
}));

function algorithm(id: DeltaAlgorithm, limit = 10_000): PatchAlgorithm {
  const never = (): never => {
    throw new Error('workers do this');
  };
  return { id, limits: { baseBytes: limit, targetBytes: limit, applyBytes: () => limit }, make: never, apply: never };
}

interface Run {
  readonly found: PatchFindings;
  readonly tried: string[];
}

async function search(
  sizes: Sizes,
  over: Partial<PatchSearch> = {},
  onMake?: (tried: string) => void,
  onCheck?: () => void,
): Promise<Run> {
  const tried: string[] = [];
  const tasks: TaskCode<DeltaTasks> = {
    'make-patch'({ algorithm: id, base }) {
      const name = String.fromCharCode(base[0]!);
      tried.push(`${id} ${name}`);
      onMake?.(`${id} ${name}`);
      const size = sizes[id]?.[name] ?? null;
      if (size === null) throw new ThemisError('USAGE', 'cannot');
      return new Uint8Array(size).fill(base[0]!);
    },
    'check-patch'({ patch }) {
      onCheck?.();
      if (patch.length === 13) throw new ThemisError('PATCH_INVALID', 'makes something else');
      if (patch.length === 14) throw new ThemisError('TIMEOUT', 'takes too long');
      return null;
    },
  };
  const compute = openCompute<DeltaTasks>({ kind: 'inline', tasks });
  const found = await findPatches({
    pairs,
    tryAll: false,
    present: [],
    algorithms: (Object.keys(sizes) as DeltaAlgorithm[]).map((id) => algorithm(id)),
    compute,
    atOnce: 2,
    read: async (which, { path }) => new Uint8Array(which === 'base' ? 4000 : 5000).fill(path.codePointAt(0)!),
    budget: new AbortController().signal,
    ...over,
  });
  return { found, tried };
}

function there(at: number, id: DeltaAlgorithm, size: number): FoundPatch {
  return { pair: pairs[at]!, algorithm: id, patch: new Uint8Array(size), patchHash: 'f'.repeat(64), wasThere: true };
}

const chosen = ({ found }: Run): Record<string, string> =>
  Object.fromEntries(
    found.patches.map(({ pair, algorithm: id, patch }) => [pair.target.path, `${id} ${patch.length}`]),
  );
const resultsOf = ({ found }: Run, path: string): unknown[] =>
  found.attempts.filter((each) => each.path === path).map(({ result }: Attempt) => result);

describe('the search for patches', () => {
  it('keeps the smallest of each file; of equals the one that is cheap', async () => {
    const run = await search({
      REFMIX: { a: 100, b: 300, c: 50 },
      BSDIFF: { a: 200, b: 300, c: 40 },
      ZSTD_DICT: { a: 300, b: 300, c: 60 },
    });
    expect(chosen(run)).toEqual({ a: 'REFMIX 100', b: 'ZSTD_DICT 300', c: 'BSDIFF 40' });
    expect(run.found.attempts.slice(0, 3).map(({ path, algorithm: id }) => `${path} ${id}`)).toEqual([
      'a ZSTD_DICT',
      'a REFMIX',
      'a BSDIFF',
    ]);
  });

  it('gives cheap algorithms their turn over all files before it starts with dear ones', async () => {
    const { tried } = await search({ REFMIX: { a: 1, b: 1, c: 1 }, ZSTD_DICT: { a: 1, b: 1, c: 1 } });
    expect(tried.map((each) => each.split(' ')[0])).toEqual([
      ...Array.from({ length: 3 }, () => 'ZSTD_DICT'),
      ...Array.from({ length: 3 }, () => 'REFMIX'),
    ]);
  });

  it('begins with the file that has most left to save, as far as is known by then', async () => {
    const sizes = { REFMIX: { a: 1, b: 1, c: 1 }, ZSTD_DICT: { a: 200, b: 400, c: 4600 } };
    const { tried } = await search(sizes, { atOnce: 1 });
    expect(tried.slice(3)).toEqual(['REFMIX b', 'REFMIX a', 'REFMIX c']);
  });

  it('gives REFMIX the time of a file before BSDIFF begins with it', async () => {
    const running: string[] = [];
    const seen: string[][] = [];
    const sizes = { ZSTD_DICT: { a: 300, b: 300, c: 300 }, REFMIX: { a: 9, b: 9, c: 9 }, BSDIFF: { a: 9, b: 9, c: 9 } };
    await search(sizes, {
      atOnce: 4,
      onStart: (path, id) =>
        seen.push([...running, `${path} ${id}`].filter((each) => each.startsWith(path))) &&
        running.push(`${path} ${id}`),
      onTry: ({ path, algorithm: id }) => running.splice(running.indexOf(`${path} ${id}`), 1),
    });
    expect(seen).toHaveLength(9);
    expect(seen.filter((each) => each.filter((name) => !name.endsWith('ZSTD_DICT')).length > 1)).toEqual([]);
  });

  it('tries VCDIFF and XDELTA3 only where REFMIX and BSDIFF made nothing, unless it is to try all', async () => {
    const sizes = { VCDIFF: { a: 1, b: 1, c: 1 }, BSDIFF: { a: 9, b: null, c: 4600 }, XDELTA3: { a: 2, b: 2, c: 2 } };
    const run = await search(sizes);
    expect(chosen(run)).toEqual({ a: 'BSDIFF 9', b: 'VCDIFF 1' });
    expect(resultsOf(run, 'a')).toEqual([9, 'needless', 'needless']);
    expect(chosen(await search(sizes, { tryAll: true }))).toEqual({ a: 'VCDIFF 1', b: 'VCDIFF 1', c: 'VCDIFF 1' });
  });

  it('keeps a patch that was there unless it makes a smaller one, even when there is no time', async () => {
    const sizes = { ZSTD_DICT: { a: 300, b: 300, c: 300 }, BSDIFF: { a: 100, b: 100, c: 100 } };
    const present = (
      [
        ['BSDIFF', 50],
        ['REFMIX', 200],
        ['BSDIFF', 100],
      ] as const
    ).map(([id, size], at) => there(at, id, size));
    const run = await search(sizes, { present });
    expect(chosen(run)).toEqual({ a: 'BSDIFF 50', b: 'BSDIFF 100', c: 'BSDIFF 100' });
    expect(run.found.patches.map(({ wasThere }) => wasThere)).toEqual([true, false, false]);
    const late = await search(sizes, { present, budget: AbortSignal.abort() });
    expect(chosen(late)).toEqual({ a: 'BSDIFF 50', b: 'REFMIX 200', c: 'BSDIFF 100' });
  });

  it('does not keep a patch that was there and makes something else, which it says, or is not worth it', async () => {
    const run = await search(
      { ZSTD_DICT: { a: 300 } },
      { present: [there(0, 'BSDIFF', 13), there(1, 'BSDIFF', 4600)] },
    );
    expect(chosen(run)).toEqual({ a: 'ZSTD_DICT 300' });
    expect(resultsOf(run, 'a')).toEqual([300, 'failed']);
    const dead = search({ ZSTD_DICT: { a: 300 } }, { present: [there(0, 'BSDIFF', 14)] });
    await expect(dead).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('keeps what it has when the time is over, and says what was not tried', async () => {
    const time = new AbortController();
    const sizes = { ZSTD_DICT: { a: 300, b: 300, c: 300 }, BSDIFF: { a: 100, b: 100, c: 100 } };
    const run = await search(sizes, { budget: time.signal, atOnce: 1 }, (tried) => {
      if (tried === 'BSDIFF b') time.abort();
    });
    expect(chosen(run)).toEqual({ a: 'BSDIFF 100', b: 'ZSTD_DICT 300', c: 'ZSTD_DICT 300' });
    expect(['a', 'b', 'c'].map((path) => resultsOf(run, path)[1])).toEqual([100, 'cut off', 'no time']);
    expect(chosen(await search(sizes, { budget: AbortSignal.abort() }))).toEqual({});
  });

  it('keeps what was made in time, although the time is over when it is applied to be sure of it', async () => {
    const time = new AbortController();
    const run = await search({ REFMIX: { a: 1, b: 1, c: 1 } }, { budget: time.signal, atOnce: 1 }, undefined, () =>
      time.abort(),
    );
    expect(chosen(run)).toEqual({ a: 'REFMIX 1' });
    expect(resultsOf(run, 'b')).toEqual(['no time']);
  });

  it('takes no patch that is not worth it, that does something else, or that nobody can make', async () => {
    const run = await search({ ZSTD_DICT: { a: 4001, b: 13, c: null }, BSDIFF: { a: 4600, b: 900, c: null } });
    expect(chosen(run)).toEqual({ b: 'BSDIFF 900' });
    expect(resultsOf(run, 'a')).toEqual([4001, 4600]);
    expect(resultsOf(run, 'b')).toEqual(['failed', 900]);
    expect(resultsOf(run, 'c')).toEqual(['failed', 'failed']);
    expect([isWorthIt(800, 1000), isWorthIt(801, 1000), isWorthIt(1, 513), isWorthIt(1, 512)]).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect([isWorthIt(8000, 10_000), isWorthIt(8001, 10_000)]).toEqual([true, false]);
  });

  it('does not read files that are too large for an algorithm, and stops when it is told to', async () => {
    const small = { algorithms: [algorithm('BSDIFF', 4999)] };
    const run = await search({ BSDIFF: { a: 1 } }, small);
    expect([run.tried, resultsOf(run, 'a')]).toEqual([[], ['too large']]);
    const cancel = new AbortController();
    const stopped = search({ BSDIFF: { a: 1, b: 1, c: 1 } }, { signal: cancel.signal }, () => cancel.abort());
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
