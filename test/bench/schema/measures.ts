/** What is told of a change of a schema, and of the same as a plain ALTER. */
import { rounded, type MeasuredRow } from '../bench.ts';
import type { Carried } from './world.ts';
import type { Load } from './writers-process.ts';

const units = {
  /** From the first statement to the last, waiting and looking included. */
  seconds: 's',
  /**
   * The longest execution of what takes a lock that keeps out somebody, without the wait for it. The files of a table
   * that is dropped go after the lock is given back, and their time is in it too.
   */
  ms: 'ms',
  lockWaitMs: 'ms',
  writerStallMs: 'ms',
  writerP99Ms: 'ms',
  writesPerSecond: '1/s',
  rowsPerSecond: 'rows/s',
  verifySeconds: 's',
  swapMs: 'ms',
} as const;

export type Measures = Partial<Record<keyof typeof units, number>>;

export const loadOf = ({ p99Ms, worstMs, perSecond }: Load): Measures => ({
  writerStallMs: worstMs,
  writerP99Ms: p99Ms,
  writesPerSecond: perSecond,
});

/** Of the steps of one change; a copy and a comparison with the pauses in which they gave way. */
export function stepsOf(steps: readonly Carried[]): Measures {
  const brief = steps.filter(({ lock }) => lock === 'everybody' || lock === 'writers');
  const copy = steps.find(({ key }) => key === 'fill' || key === 'copy');
  const verified = steps.find(({ key }) => key === 'compare');
  const swap = steps.find(({ key }) => key === 'swap');
  return {
    ...(brief.length === 0 ? {} : { ms: Math.max(...brief.map(({ executionMs }) => executionMs)) }),
    lockWaitMs: steps.reduce((sum, { lockWaitMs }) => sum + lockWaitMs, 0),
    ...(copy === undefined ? {} : { rowsPerSecond: copy.rows / (copy.wholeMs / 1000) }),
    ...(verified === undefined ? {} : { verifySeconds: verified.wholeMs / 1000 }),
    ...(swap === undefined ? {} : { swapMs: swap.executionMs }),
  };
}

/** By nearest rank: of a hundred values the largest but one. */
export function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? 0;
}

export function rowsOf(ours: Measures, alter: Measures = {}): MeasuredRow[] {
  return (Object.keys(units) as (keyof typeof units)[]).flatMap((metric): MeasuredRow[] => {
    if (ours[metric] === undefined) return [];
    const digits = units[metric] === 's' ? 3 : 1;
    const value = rounded(ours[metric], digits);
    const row = { metric, value, unit: units[metric] };
    if (alter[metric] === undefined) return [row];
    const peerValue = rounded(alter[metric], digits);
    return [{ ...row, peer: 'ALTER', peerValue, ...(peerValue === 0 ? {} : { ratio: rounded(value / peerValue) }) }];
  });
}
