/**
 * A gate's own limits, on the new nodes alone. What counts is the newest evidence: the last five minutes, or as far
 * back as `minSamples` reach, never before the stage. Shares and latency quantiles are those of all new nodes
 * together; of memory, CPU, disk I/O and own queries the mean of each node counts, and the worst node decides.
 *
 * A share above its limit fails once chance alone is no explanation for it: requests that fail with exactly the
 * probability of the limit would look like this at most once in a hundred times (Chernoff's bound,
 * n x KL(share, limit) >= ln 100). For a quantile the share is that of the requests slower than the limit.
 */
import type { DesiredGate } from '../model/desired.ts';
import type { GateAnswer } from '../model/verdict.ts';
import { addBuckets, countAbove, quantileOf, totalOf, type Buckets, type Quantile } from './evidence/buckets.ts';
import type { Cell, Frame, Track } from './evidence/track.ts';
import { counted, formatValue, listed } from './numbers.ts';

const windowMs = 300_000;
const convincing = Math.log(100);

export interface Held {
  readonly answer: GateAnswer;
  readonly because: string;
  readonly value: number | null;
  readonly samples: number;
}

/** The gate's limits on `nodes`; where it has none, only what was measured. */
export function holdAgainstLimit(gate: DesiredGate, nodes: readonly Track[], untilMs: number): Held {
  const [first] = nodes;
  if (first === undefined)
    return { answer: 'insufficient', because: 'There are no new nodes', value: null, samples: 0 };
  const window = newestCells(nodes, first.frame, untilMs, gate.minSamples);
  const { measure } = first.frame;
  if (measure.kind === 'ratio') return holdShare(gate, nodes, window, measure.counted);
  if (measure.kind === 'quantile') return holdQuantile(gate, window, measure.quantile);
  return holdWorst(gate, nodes, window);
}

/** Cells of each node, newest first. */
interface Window {
  readonly cells: ReadonlyMap<Track, readonly Cell[]>;
  readonly samples: number;
}

function newestCells(
  nodes: readonly Track[],
  { measure, sinceMs, parameters }: Frame,
  untilMs: number,
  minSamples: number,
): Window {
  const counts = measure.kind === 'ratio' || measure.kind === 'quantile';
  const cells = new Map(nodes.map((node) => [node, [] as Cell[]]));
  let samples = 0;
  for (let index = Math.ceil((untilMs - sinceMs) / parameters.blockMs) - 1; index >= 0; index -= 1) {
    const endMs = sinceMs + (index + 1) * parameters.blockMs;
    if (endMs <= untilMs - windowMs && samples >= minSamples) break;
    for (const node of nodes) {
      const cell = node.evidence.get(index);
      if (cell === undefined) continue;
      cells.get(node)!.push(cell);
      samples += counts ? cell.weight : cell.readings;
    }
  }
  return { cells, samples };
}

function holdShare(gate: DesiredGate, nodes: readonly Track[], { cells, samples }: Window, noun: string): Held {
  const part = sumOver(cells, (cell) => cell.sum);
  const value = samples > 0 ? Math.min(1, part / samples) : null;
  // It counts as zero, since such a series begins with the first failure; but it may be that it is never found.
  const unseen = nodes.some(({ partExists }) => partExists) ? '' : ' (no series counts failures so far)';
  const said = value === null ? `no ${noun}` : `${formatValue(value, gate.unit)} of ${counted(samples, noun)}${unseen}`;
  const short = tooFew(gate, samples, noun);
  if (value === null || short !== null)
    return { answer: 'insufficient', because: `${said}${short ?? ''}`, value, samples };
  return { ...againstMax(gate, said, value, value * samples, samples, gate.max), value, samples };
}

function holdQuantile(gate: DesiredGate, { cells, samples }: Window, quantile: number): Held {
  let buckets: Buckets | null = null;
  for (const list of cells.values())
    for (const cell of list) if (cell.buckets !== null) buckets = addBuckets(buckets, cell.buckets);
  const found = buckets === null ? null : quantileOf(buckets, quantile);
  if (buckets === null || found === null) {
    const because = samples > 0 ? 'the histogram has no bucket but +Inf' : 'no requests';
    return { answer: 'insufficient', because, value: null, samples };
  }
  const value = found.value * 1000;
  const said = `${spellQuantile(found, gate)} over ${counted(samples, 'requests')}`;
  const short = tooFew(gate, samples, 'requests');
  if (short !== null) return { answer: 'insufficient', because: said + short, value, samples };
  if (gate.max === null) return { answer: 'pass', because: said, value, samples };
  const total = totalOf(buckets);
  const above = countAbove(buckets, gate.max / 1000);
  if (above === null && found.beyond && value < gate.max) {
    const because = `${said}, and no bucket reaches the limit of ${formatValue(gate.max, 'ms')}`;
    return { answer: 'insufficient', because, value, samples };
  }
  const over = value > gate.max;
  const sure = above === null || unexplained(above, total, 1 - quantile);
  return { ...decide(gate, said, over, sure), value, samples };
}

function spellQuantile({ value, beyond }: Quantile, { unit }: DesiredGate): string {
  return `${beyond ? 'at least ' : ''}${formatValue(value * 1000, unit)}`;
}

/** For measures that are means: each node's own, and the worst of them. */
function holdWorst(gate: DesiredGate, nodes: readonly Track[], { cells, samples }: Window): Held {
  const means = nodes.map((node) => {
    const list = cells.get(node)!;
    const weight = list.reduce((total, cell) => total + cell.weight, 0);
    return {
      node: node.subject.node,
      mean: weight > 0 ? list.reduce((total, cell) => total + cell.sum, 0) / weight : null,
    };
  });
  const known = means.filter((entry): entry is { node: string; mean: number } => entry.mean !== null);
  const silent = means.filter(({ mean }) => mean === null).map(({ node }) => node);
  if (known.length === 0)
    return { answer: 'insufficient', because: `${listed(silent)} gave no value`, value: null, samples };
  const below = gate.min !== null && known.some(({ mean }) => mean < gate.min!);
  const worst = known.reduce((a, b) => ((below ? b.mean < a.mean : b.mean > a.mean) ? b : a));
  const value = worst.mean;
  const said = `${formatValue(value, gate.unit)} on ${worst.node} over ${counted(samples, 'readings')}`;
  const short = tooFew(gate, samples, 'readings');
  if (short !== null) return { answer: 'insufficient', because: said + short, value, samples };
  if (below) {
    const because = `${said}, the lower limit is ${formatValue(gate.min!, gate.unit)}`;
    return { answer: 'fail', because, value, samples };
  }
  const decided = decide(gate, said, gate.max !== null && value > gate.max, true);
  if (decided.answer !== 'fail' && silent.length > 0)
    return { answer: 'insufficient', because: `${said}; ${listed(silent)} gave no value`, value, samples };
  return { ...decided, value, samples };
}

function againstMax(gate: DesiredGate, said: string, value: number, part: number, total: number, max: number | null) {
  return decide(gate, said, max !== null && value > max, max !== null && unexplained(part, total, max));
}

function decide(gate: DesiredGate, said: string, over: boolean, sure: boolean): Pick<Held, 'answer' | 'because'> {
  const limit = gate.max === null ? '' : `, the limit is ${formatValue(gate.max, gate.unit)}`;
  if (!over) return { answer: 'pass', because: said + limit };
  if (sure) return { answer: 'fail', because: said + limit };
  return { answer: 'insufficient', because: `${said}${limit}; so few may be chance` };
}

function tooFew({ minSamples }: DesiredGate, samples: number, noun: string): string | null {
  return samples < minSamples ? `, ${counted(minSamples, noun)} are needed` : null;
}

/** Whether `part` of `total` is more than chance makes of the probability `limit`. */
function unexplained(part: number, total: number, limit: number): boolean {
  const share = Math.min(1, part / total);
  if (share <= limit) return false;
  if (limit <= 0) return true;
  const rest = share === 1 ? 0 : (1 - share) * Math.log((1 - share) / (1 - limit));
  return total * (share * Math.log(share / limit) + rest) >= convincing;
}

function sumOver(cells: Window['cells'], take: (cell: Cell) => number): number {
  let total = 0;
  for (const list of cells.values()) for (const cell of list) total += take(cell);
  return total;
}
