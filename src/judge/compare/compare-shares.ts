/**
 * Error rates, and latency as the share of requests slower than a threshold: the lowest bucket bound from the controls'
 * quantile (times what is allowed) on. The threshold is fixed by requests that no bet is made on.
 */
import type { Cell, Frame, Track } from '../evidence/track.ts';
import { addBuckets, countAbove, quantileOf, type Buckets } from '../evidence/buckets.ts';
import { counted, formatNumber, formatValue } from '../numbers.ts';
import { blockLength, blockOf, takeBlocks } from './blocks.ts';
import type { Compared, Comparing, Comparison } from './comparison.ts';
import { tracksOf, type Peers } from './peers.ts';
import {
  controlShare,
  remember,
  standingRatio,
  startPopulation,
  sum,
  variance,
  type Population,
  type Standing,
  type Tally,
} from './population.ts';
import { betOnShare, startShareBets } from './share-bets.ts';

const fewestForQuantile = 300;
const largestShare = 0.99;

interface Group extends Peers {
  readonly population: Population;
  readonly standings: readonly Standing[];
}

interface State {
  readonly comparing: Comparing;
  readonly frame: Frame;
  readonly length: number;
  groups: readonly Group[];
  /** How to count; null until a threshold is known. */
  counting: Counting | null;
  next: number;
  readonly wealth: ReturnType<typeof startShareBets>;
  readonly canary: Tally;
  readonly control: Tally;
  /** What was expected of the new nodes, without allowance. */
  expected: number;
  readonly served: Set<string>;
}

/** What counts as bad in a cell of a new node, and of a control; null: unknown. `allowance` times that is allowed. */
interface Counting {
  readonly canary: (cell: Cell) => Tally | null;
  readonly control: (cell: Cell) => Tally | null;
  readonly allowance: number;
  /** Seconds from which on a request is slow; null where failures are counted. */
  readonly threshold: number | null;
}

export function compareShares(comparing: Comparing): Comparison {
  let state: State | undefined;
  return {
    close(untilMs) {
      state ??= start(comparing);
      const taking = state;
      takeBlocks(taking, untilMs, (block) => closeBlock(taking, block));
    },
    eValue: () => state?.wealth.highest ?? 1,
    compared: () => describe(comparing, state),
  };
}

function start(comparing: Comparing): State {
  const tracks = tracksOf(comparing.peers);
  const { frame } = tracks[0]!;
  const counting = countingFrom(comparing, frame, historyBuckets(comparing.peers));
  const state: State = {
    comparing,
    frame,
    length: blockLength(tracks, (cell) => shareIn(cell, counting)),
    groups: [],
    counting,
    next: 0,
    wealth: startShareBets(),
    canary: { bad: 0, total: 0 },
    control: { bad: 0, total: 0 },
    expected: 0,
    served: new Set(),
  };
  if (counting !== null) state.groups = comparing.peers.map((peers) => startGroup(peers, counting));
  return state;
}

function shareIn(cell: Cell, counting: Counting | null): number | null {
  const tally = counting?.control(cell) ?? null;
  return tally === null || tally.total <= 0 ? null : tally.bad / tally.total;
}

/** Null for a quantile of too few requests. */
function countingFrom({ worseBy }: Comparing, { measure }: Frame, buckets: Buckets | null): Counting | null {
  if (measure.kind !== 'quantile') {
    const count = ({ sum, weight }: Cell): Tally => ({ bad: Math.min(sum, weight), total: weight });
    return { canary: count, control: count, allowance: 1 + worseBy, threshold: null };
  }
  if (buckets === null || (buckets.counts.at(-1) ?? 0) < fewestForQuantile) return null;
  const quantile = quantileOf(buckets, measure.quantile)?.value;
  if (quantile === undefined) return null;
  const finite = buckets.bounds.filter((bound) => bound < Infinity);
  const threshold = finite.find((bound) => bound >= quantile * (1 + worseBy)) ?? finite.at(-1)!;
  const above = (cell: Cell, bound: number): Tally | null => {
    if (cell.buckets?.bounds.includes(threshold) !== true) return null;
    const bad = countAbove(cell.buckets, bound);
    return bad === null ? null : { bad, total: cell.weight };
  };
  return {
    canary: (cell) => above(cell, threshold),
    control: (cell) => above(cell, threshold / (1 + worseBy)),
    allowance: 1,
    threshold,
  };
}

function historyBuckets(peers: readonly Peers[]): Buckets | null {
  return bucketsOf(peers.flatMap(({ controls }) => controls.map(({ history }) => history)));
}

function bucketsOf(nodes: readonly ReadonlyMap<number, Cell>[]): Buckets | null {
  let buckets: Buckets | null = null;
  for (const cells of nodes)
    for (const cell of cells.values()) if (cell.buckets !== null) buckets = addBuckets(buckets, cell.buckets);
  return buckets;
}

function startGroup(peers: Peers, counting: Counting): Group {
  const past = (track: Track): Tally =>
    sum([...track.history.values()].flatMap((cell) => counting.control(cell) ?? []));
  const pasts = peers.canaries.map(past);
  const population = startPopulation(peers.controls.map(past), pasts);
  const all = sum(population.controls);
  const share = all.total > 0 ? all.bad / all.total : 0;
  const standings = pasts.map(({ bad, total }): Standing =>
    share > 0 ? { happened: bad, expected: total * share } : { happened: 0, expected: 0 },
  );
  return { ...peers, population, standings };
}

function closeBlock(state: State, block: number): void {
  const { counting, comparing } = state;
  if (counting === null) {
    chooseThreshold(state, block);
    return;
  }
  let bad = 0;
  let total = 0;
  let expected = 0;
  for (const group of state.groups) {
    const tallies = group.controls.map((control) => tallyOf(control, block, state.length, counting.control));
    const now = sum(tallies);
    const share = controlShare(group.population, now);
    const spread = variance(group.population);
    if (share !== null) {
      for (const [index, canary] of group.canaries.entries()) {
        const tally = tallyOf(canary, block, state.length, counting.canary);
        if (tally.total <= 0) continue;
        const standing = group.standings[index]!;
        const usual = Math.min(largestShare, standingRatio(standing, spread) * share);
        bad += tally.bad;
        total += tally.total;
        expected += tally.total * Math.min(largestShare, usual * counting.allowance);
        state.expected += tally.total * usual;
        standing.happened += tally.bad;
        standing.expected += tally.total * share * counting.allowance;
        state.served.add(canary.subject.node);
      }
    }
    remember(group.population, block, state.length * state.frame.parameters.blockMs, tallies);
    addTo(state.control, now);
  }
  if (total > 0 && comparing.alpha > 0) betOnShare(state.wealth, bad / total, expected / total, total);
  addTo(state.canary, { bad, total });
}

/** Without history the first requests of the controls fix what is slow; bets begin with the block after. */
function chooseThreshold(state: State, block: number): void {
  let buckets: Buckets | null = null;
  for (const { controls } of state.comparing.peers)
    for (const control of controls)
      for (let index = 0; index <= block; index += 1) {
        const cell = blockOf(control.evidence, index, state.length);
        if (cell !== null && cell.buckets !== null) buckets = addBuckets(buckets, cell.buckets);
      }
  const counting = countingFrom(state.comparing, state.frame, buckets);
  if (counting === null) return;
  state.counting = counting;
  state.groups = state.comparing.peers.map((peers) => startGroup(peers, counting));
}

function tallyOf(track: Track, block: number, length: number, count: Counting['canary']): Tally {
  const cell = blockOf(track.evidence, block, length);
  return (cell === null ? null : count(cell)) ?? { bad: 0, total: 0 };
}

function addTo(tally: Tally, more: Tally): void {
  tally.bad += more.bad;
  tally.total += more.total;
}

function describe({ gate, peers }: Comparing, state: State | undefined): Compared {
  const { measure } = peers[0]!.canaries[0]!.frame;
  const noun = measure.kind === 'ratio' ? measure.counted : 'requests';
  if (state === undefined || state.canary.total <= 0 || state.control.total <= 0) {
    const nobody = state === undefined || state.canary.total <= 0 ? 'the new nodes' : 'the controls';
    return {
      observed: null,
      control: null,
      interval: null,
      lacking: `no ${noun} of ${nobody} to compare yet`,
      said: '',
    };
  }
  const observed = state.canary.bad / state.canary.total;
  const control = state.control.bad / state.control.total;
  const lacking = lackingIn(state, gate.minSamples, noun);
  const threshold = state.counting?.threshold ?? null;
  const said = say(observed, control, threshold);
  if (measure.kind !== 'quantile') return { observed, control, interval: null, lacking, said };
  const quantile = (side: 'canaries' | 'controls'): number | null => {
    const buckets = bucketsOf(peers.flatMap((one) => one[side].map(({ evidence }) => evidence)));
    const seconds = buckets === null ? undefined : quantileOf(buckets, measure.quantile)?.value;
    return seconds === undefined ? null : seconds * 1000;
  };
  return { observed: quantile('canaries'), control: quantile('controls'), interval: null, lacking, said };
}

function lackingIn({ canary, control, served }: State, minSamples: number, noun: string): string | null {
  if (served.size < 2) return `only one new node served ${noun}, two are needed to compare`;
  if (canary.total < minSamples)
    return `${counted(canary.total, noun)} compared, ${counted(minSamples, noun)} are needed`;
  if (control.total < minSamples)
    return `${counted(control.total, noun)} of the controls, ${counted(minSamples, noun)} are needed`;
  return null;
}

/** `0.48 %, 4.8x the 0.1 % of the controls`; of latency `0.93 % over 250ms, 1.48x the 0.63 % of the controls` */
function say(observed: number, control: number, threshold: number | null): string {
  const spell = (share: number): string => formatValue(share, 'share');
  const what = threshold === null ? spell(observed) : `${spell(observed)} over ${formatValue(threshold * 1000, 'ms')}`;
  if (control === 0) return `${what}, none of the controls`;
  return `${what}, ${formatNumber(observed / control)}x the ${spell(control)} of the controls`;
}
