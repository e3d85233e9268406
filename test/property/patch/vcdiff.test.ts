import { vcdiff } from '../../../src/patch/vcdiff.ts';
import { xdelta3 } from '../../../src/patch/xdelta3.ts';
import { describeAlgorithm, type PatchOf } from '../../support/patch/algorithm-suite.ts';
import { edited, programBytes } from '../../support/patch/kinds-of-files.ts';
import { hasXdelta3, makeWithXdelta3 } from '../../support/patch/xdelta3-program.ts';

/** So that DJW is among what is mutated. */
function madeElsewhere(): readonly PatchOf[] {
  if (!hasXdelta3) return [];
  const base = programBytes(30_000, 90_000);
  const target = edited(base, 9);
  return [[], ['-S', 'djw'], ['-S', 'djw', '-n']].map((options) => ({
    base,
    target,
    patch: makeWithXdelta3(options, base, target),
  }));
}

describeAlgorithm(vcdiff);
describeAlgorithm(xdelta3, madeElsewhere());
