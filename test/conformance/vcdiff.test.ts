import { describe, expect, it } from 'vitest';
import { vcdiff } from '../../src/patch/vcdiff.ts';
import { xdelta3 } from '../../src/patch/xdelta3.ts';
import { isVcdiffConformant, runVcdiff, vcdiffLine, type VcdiffSummary } from './run-vcdiff.ts';
import { countVcdiffHeld, readVcdiffCases, vcdiffDirectory } from './vcdiff-cases.ts';

const directory = vcdiffDirectory();
if (directory === null) {
  console.warn('VCDIFF CONFORMANCE NOT RUN: no data was found; THEMIS_CONFORMANCE names its directory.');
}

describe.skipIf(directory === null)('the VCDIFF conformance data', () => {
  const cases = directory === null ? [] : readVcdiffCases(directory);

  it.each([vcdiff, xdelta3])('$id applies what is valid and refuses what is not', async (algorithm) => {
    const summary = await runVcdiff(algorithm, cases);
    expect(summary).toEqual({ cases: countVcdiffHeld(directory!), wrongAccepts: [], wrongRejects: [] });
    expect(isVcdiffConformant(summary, countVcdiffHeld(directory!))).toBe(true);
  });

  it('has both kinds', () => {
    expect(cases.filter(({ shouldApply }) => shouldApply).length).toBeGreaterThanOrEqual(52);
    expect(cases.filter(({ shouldApply }) => !shouldApply).length).toBeGreaterThanOrEqual(33);
  });
});

describe('a VCDIFF conformance run', () => {
  const clean: VcdiffSummary = { cases: 3, wrongAccepts: [], wrongRejects: [] };
  const right = {
    id: 'right',
    shouldApply: true,
    source: new Uint8Array(),
    delta: Uint8Array.of(0xd6, 0xc3, 0xc4, 0, 0, 0, 7, 1, 0, 1, 1, 0, 65, 2),
    target: Uint8Array.of(65),
  };

  it.each([
    ['a wrong accept', { ...clean, wrongAccepts: ['x'] }, 3],
    ['a wrong reject', { ...clean, wrongRejects: ['x'] }, 3],
    ['fewer cases than are held', clean, 4],
    ['no cases at all', { ...clean, cases: 0 }, 0],
  ])('fails on %s', (_, summary, held) => {
    expect(isVcdiffConformant(clean, 3)).toBe(true);
    expect(isVcdiffConformant(summary, held)).toBe(false);
  });

  it('tells a wrong accept and a wrong reject', async () => {
    const wrongs = [{ ...right, shouldApply: false }, { ...right, target: Uint8Array.of(66) }, right];
    const summary = await runVcdiff(vcdiff, wrongs);
    expect(summary).toEqual({ cases: 3, wrongAccepts: ['right: ok'], wrongRejects: ['right: other bytes'] });
    expect(vcdiffLine(summary)).toBe('vcdiff: 3 cases, 1 wrong accepts, 1 wrong rejects');
  });
});
