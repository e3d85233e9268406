/**
 * Memory, CPU, disk I/O and own queries: block by block the new nodes' mean less the controls', each node relative to its own
 * past (as a ratio where all pasts are positive, else as a difference), and this held against the same number in the
 * blocks before the step. More is worse, but for a gate that has only a lower limit. Where the new nodes have
 * no past the nodes themselves are compared, which says much less.
 */
import type { Frame, Track } from '../evidence/track.ts';
import { formatNumber, formatValue } from '../numbers.ts';
import { blockLength, blockOf, takeBlocks } from './blocks.ts';
import type { Compared, Comparing, Comparison } from './comparison.ts';
import { checkWeight, firstCheckMs, meansEValue } from './node-means.ts';
import { tracksOf, type Peers } from './peers.ts';
import { betOnRank, ruledOut, startRanks, type Ranks } from './rank-bets.ts';

const fewestBlocks = 10;
/** A control takes part when it has this share of the blocks of the history. */
const mostBlocks = 0.8;

interface Member {
  readonly track: Track;
  /** Its mean over the blocks of the history. */
  readonly past: number;
}

interface Past {
  readonly groups: readonly { readonly canaries: readonly Member[]; readonly controls: readonly Member[] }[];
  readonly ratio: boolean;
  readonly ranks: Ranks;
  readonly history: readonly number[];
}

interface State {
  readonly comparing: Comparing;
  readonly frame: Frame;
  readonly direction: 1 | -1;
  readonly length: number;
  readonly past: Past | null;
  next: number;
  /** Differences of the stage's blocks, without allowance. */
  readonly differences: number[];
  observed: { sum: number; count: number };
  expected: { sum: number; count: number };
  /** Without a past: sum and weight of each node, checks made, and what they add up to. */
  readonly nodes: Map<Track, { sum: number; weight: number }>;
  checks: number;
  eValue: number;
}

export function compareMeans(comparing: Comparing): Comparison {
  let state: State | undefined;
  return {
    close(untilMs) {
      state ??= start(comparing);
      const taking = state;
      takeBlocks(taking, untilMs, (block) => {
        if (taking.past === null) addToNodes(taking, block);
        else betOnBlock(taking, taking.past, block);
      });
    },
    eValue: () => Math.max(1, state?.past?.ranks.wealth.highest ?? state?.eValue ?? 1),
    compared: () => describe(comparing, state),
  };
}

function start(comparing: Comparing): State {
  const tracks = tracksOf(comparing.peers);
  const length = blockLength(tracks, ({ sum, weight }) => (weight > 0 ? sum / weight : null));
  const { gate } = comparing;
  const direction = gate.min !== null && gate.max === null ? -1 : 1;
  return {
    comparing,
    frame: tracks[0]!.frame,
    direction,
    length,
    past: pastOf(comparing.peers, length, direction),
    next: 0,
    differences: [],
    observed: { sum: 0, count: 0 },
    expected: { sum: 0, count: 0 },
    nodes: new Map(),
    checks: 0,
    eValue: 0,
  };
}

function valueIn(cells: Track['evidence'], block: number, length: number): number | null {
  const cell = blockOf(cells, block, length);
  return cell === null || cell.weight <= 0 ? null : cell.sum / cell.weight;
}

/** Null where fewer than two new nodes have a past that overlaps. */
function pastOf(peers: readonly Peers[], length: number, direction: 1 | -1): Past | null {
  const { parameters } = peers[0]!.canaries[0]!.frame;
  const oldest = Math.floor(-Math.ceil(parameters.historyMs / parameters.blockMs) / length);
  const blocks = Array.from({ length: -oldest }, (_, index) => oldest + index);
  const rows = new Map<Track, readonly (number | null)[]>();
  for (const track of tracksOf(peers))
    rows.set(
      track,
      blocks.map((block) => valueIn(track.history, block, length)),
    );
  const has = (track: Track, index: number): boolean => rows.get(track)![index] !== null;
  const seasoned = (track: Track): boolean => rows.get(track)!.filter((value) => value !== null).length >= fewestBlocks;
  const used = peers
    .map(({ canaries, controls }) => ({ canaries: canaries.filter(seasoned), controls: controls.filter(seasoned) }))
    .filter(({ canaries, controls }) => canaries.length > 0 && controls.length > 0);
  if (used.reduce((total, { canaries }) => total + canaries.length, 0) < 2) return null;
  const common = [...blocks.keys()].filter((index) =>
    used.every(
      ({ canaries, controls }) =>
        canaries.every((track) => has(track, index)) && controls.some((track) => has(track, index)),
    ),
  );
  if (common.length < fewestBlocks) return null;
  const member = (track: Track): Member => {
    const values = common.flatMap((index) => rows.get(track)![index] ?? []);
    return { track, past: values.reduce((total, value) => total + value, 0) / values.length };
  };
  const groups = used.map(({ canaries, controls }) => ({
    canaries: canaries.map(member),
    controls: controls
      .filter((track) => common.filter((index) => has(track, index)).length >= mostBlocks * common.length)
      .map(member),
  }));
  if (groups.some(({ controls }) => controls.length === 0)) return null;
  const ratio = groups.every((group) => [...group.canaries, ...group.controls].every(({ past }) => past > 0));
  const history = common.flatMap((index) => {
    const found = difference(groups, ratio, (track) => rows.get(track)![index]!);
    return found === null ? [] : [direction * found.difference];
  });
  return { groups, ratio, history, ranks: startRanks(history) };
}

interface Difference {
  /** Mean over the new nodes of (its value less what the controls let expect), as a share or as it is. */
  readonly difference: number;
  /** What is expected of the new nodes, in the unit of the gate. */
  readonly expected: number;
  readonly observed: number;
  /** What a share of 1 is in the unit of `difference`. */
  readonly whole: number;
}

function difference(
  groups: Past['groups'],
  ratio: boolean,
  valueOf: (track: Track) => number | null,
): Difference | null {
  const sums = { difference: 0, expected: 0, observed: 0, whole: 0 };
  let count = 0;
  for (const { canaries, controls } of groups) {
    const usual = relative(controls, ratio, valueOf);
    if (usual.length === 0) return null;
    const level = usual.reduce((total, value) => total + value, 0) / usual.length;
    for (const { track, past } of canaries) {
      const value = valueOf(track);
      if (value === null) return null;
      const expected = ratio ? past * level : past + level;
      sums.difference += ratio ? value / past - level : value - expected;
      sums.expected += expected;
      sums.observed += value;
      sums.whole += ratio ? level : Math.abs(expected);
      count += 1;
    }
  }
  const { difference, expected, observed, whole } = sums;
  return {
    difference: difference / count,
    expected: expected / count,
    observed: observed / count,
    whole: whole / count,
  };
}

function relative(
  members: readonly Member[],
  ratio: boolean,
  valueOf: (track: Track) => number | null,
): readonly number[] {
  return members.flatMap(({ track, past }) => {
    const value = valueOf(track);
    return value === null ? [] : [ratio ? value / past : value - past];
  });
}

function betOnBlock(state: State, { groups, ratio, ranks }: Past, block: number): void {
  const found = difference(groups, ratio, (track) => valueIn(track.evidence, block, state.length));
  if (found === null) return;
  const worse = state.direction * found.difference;
  state.differences.push(worse);
  state.observed = { sum: state.observed.sum + found.observed, count: state.observed.count + 1 };
  state.expected = { sum: state.expected.sum + found.expected, count: state.expected.count + 1 };
  betOnRank(ranks, worse - state.comparing.worseBy * found.whole);
}

function addToNodes(state: State, block: number): void {
  for (const track of tracksOf(state.comparing.peers)) {
    const cell = blockOf(track.evidence, block, state.length);
    if (cell === null || cell.weight <= 0) continue;
    const node = state.nodes.get(track) ?? { sum: 0, weight: 0 };
    state.nodes.set(track, { sum: node.sum + cell.sum, weight: node.weight + cell.weight });
  }
  const { canaries, controls } = largest(state);
  state.observed = totals(canaries);
  state.expected = totals(controls);
  const blockMs = state.length * state.frame.parameters.blockMs;
  if ((block + 1) * blockMs < firstCheckMs * 2 ** state.checks) return;
  const margin =
    controls.length === 0 ? 0 : state.comparing.worseBy * Math.abs(state.expected.sum / state.expected.count);
  const turned = (values: readonly number[]): readonly number[] => values.map((value) => state.direction * value);
  state.eValue += checkWeight(state.checks) * meansEValue(turned(canaries), turned(controls), margin);
  state.checks += 1;
}

/** Means of the nodes of the role with the most new nodes. */
function largest({ comparing, nodes }: State): { canaries: readonly number[]; controls: readonly number[] } {
  const meansOf = (tracks: readonly Track[]): readonly number[] =>
    tracks.flatMap((track) => {
      const node = nodes.get(track);
      return node === undefined ? [] : [node.sum / node.weight];
    });
  const peers = comparing.peers.reduce((a, b) => (b.canaries.length > a.canaries.length ? b : a));
  return { canaries: meansOf(peers.canaries), controls: meansOf(peers.controls) };
}

function totals(values: readonly number[]): { sum: number; count: number } {
  return { sum: values.reduce((total, value) => total + value, 0), count: values.length };
}

function describe({ gate, alpha }: Comparing, state: State | undefined): Compared {
  const observed = state === undefined || state.observed.count === 0 ? null : state.observed.sum / state.observed.count;
  const control = state === undefined || state.expected.count === 0 ? null : state.expected.sum / state.expected.count;
  if (state === undefined || observed === null || control === null) {
    const nobody = observed === null ? 'the new nodes' : 'the controls';
    return { observed, control, interval: null, lacking: `nothing of ${nobody} to compare yet`, said: '' };
  }
  const share = control === 0 ? null : (observed - control) / Math.abs(control);
  const distance = share === null ? '' : `${formatNumber(Math.abs(share) * 100)} % ${share < 0 ? 'below' : 'above'} `;
  return {
    observed,
    control,
    interval: intervalOf(state, alpha),
    lacking: lackingIn(state),
    said: `${formatValue(observed, gate.unit)}, ${distance}the ${formatValue(control, gate.unit)} expected from the controls`,
  };
}

function lackingIn(state: State): string | null {
  if (state.past !== null) return null;
  const { canaries, controls } = largest(state);
  if (canaries.length < 2) return 'only one new node of a role, two are needed to compare';
  return controls.length < 2 ? 'without a past of the new nodes two controls are needed' : null;
}

/** At every look with probability 1 - alpha: half of it for each side. */
function intervalOf({ past, differences, direction }: State, alpha: number): readonly [number, number] | null {
  if (past === null) return null;
  const threshold = 2 / alpha;
  const low = ruledOut(past.history, differences, threshold);
  const negated = ruledOut(
    past.history.map((value) => -value),
    differences.map((value) => -value),
    threshold,
  );
  if (low === null || negated === null) return null;
  const members = past.groups.flatMap(({ canaries }) => canaries);
  const scale = past.ratio ? members.reduce((total, member) => total + member.past, 0) / members.length : 1;
  const ends = [low * scale * direction, -negated * scale * direction] as const;
  return ends[0] <= ends[1] ? ends : [ends[1], ends[0]];
}
