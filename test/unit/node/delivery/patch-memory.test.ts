import { expect, test } from 'vitest';
import { objectionTo, patchMemoryOf, refusalFor } from '../../../../src/node/delivery/patches/patch-memory.ts';
import { patchAlgorithms } from '../../../../src/patch/index.ts';

const stepOf = (algorithm: string, baseBytes: number, patchSize: number, targetSize: number) => ({
  file: { path: 'a', baseHash: '', targetHash: '', patchUrl: '', patchHash: '', patchSize, targetSize, algorithm },
  path: '',
  baseBytes,
});

test('base, patch and what the algorithm works with have to fit, for every algorithm up to its limits', () => {
  for (const { id, limits } of patchAlgorithms) {
    const { baseBytes, targetBytes } = limits;
    const step = stepOf(id, baseBytes, 1000, targetBytes);
    const needed = baseBytes + 1000 + limits.applyBytes({ baseBytes, targetBytes, mayFreeBase: true });
    expect(patchMemoryOf(step)).toBe(needed);
    expect(objectionTo(step, needed)).toBeUndefined();
    expect(objectionTo(step, needed - 1)).toBe('too much memory');
    expect(objectionTo(stepOf(id, baseBytes + 1, 1, 1), Infinity)).toBe('too large');
    expect(objectionTo(stepOf(id, 1, 1, targetBytes + 1), Infinity)).toBe('too large');
  }
});

test('the largest program that the fast algorithms take fits what node.yaml allows where it says nothing', () => {
  expect(objectionTo(stepOf('BSDIFF', 512 * 2 ** 20, 128 * 2 ** 20, 512 * 2 ** 20), 2 ** 30)).toBeUndefined();
});

test('what a later Themis makes is no algorithm, and only what node.yaml decides is its refusal', () => {
  const step = stepOf('FUTURE', 1, 1, 1);
  expect(objectionTo(step, Infinity)).toBe('no algorithm');
  expect(refusalFor(step, 'no algorithm', 1)).toMatchObject({ code: 'PATCH_INVALID' });
  expect(refusalFor(step, 'too large', 1)).toMatchObject({ code: 'PATCH_INVALID' });
  const known = stepOf('BSDIFF', 1, 1, 1);
  expect(refusalFor(known, 'too much memory', 1)).toMatchObject({ code: 'POLICY_REFUSED' });
});
