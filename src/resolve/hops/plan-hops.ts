/**
 * The way of a node from the releases it has to those it is to get, as sets of packages, one for each hop: the fewest
 * hops, and of equally many the highest versions, hop by hop and name by name. All packages of a node change in one
 * switch, so what they need of each other must hold after every hop. The packages after each of n hops are the packages
 * of one problem for the solver, which is asked for growing n. The last set is the target as it is: whether the lock
 * chose well is not judged here.
 */
import { compareText } from '../../kernel/finding.ts';
import type { InstalledPackage } from '../../model/observed.ts';
import { minimalFacts } from '../pubgrub/minimal-facts.ts';
import { factsOf } from '../pubgrub/problem.ts';
import { solve } from '../pubgrub/solve.ts';
import semver from 'semver';
import { deadEnd } from './dead-end.ts';
import { type HopProblem, makeHopProblem } from './hop-problem.ts';
import type { HopRequest, Hops, HopSet } from './hop-request.ts';
import { type Ladder, makeLadder } from './ladder.ts';

const maxHops = 48;
const maxSteps = 5_000_000;
/** How far beyond the shortest way of any one package it is looked before asking whether there is a way at all. */
const patience = 2;

export function planHops(request: HopRequest): Hops {
  const names = [...request.target.keys()].sort(compareText);
  const lower = names.find((name) => {
    const has = request.installed[name];
    return has !== undefined && semver.lt(request.target.get(name)!.version, has.version);
  });
  if (lower !== undefined) return goesDown(lower, request);
  const ladders = names.map((name) => makeLadder(name, request));
  const stuck = ladders.find(({ shortest }) => shortest === undefined);
  if (stuck !== undefined) return { kind: 'none', ...deadEnd(stuck, request) };
  const fewest = Math.max(1, ...ladders.map(({ shortest }) => shortest!));
  if (fewest === 1) return { kind: 'hops', hops: [setOf(ladders, (ladder) => ladder.rungs.length - 1)] };
  return shortestTogether(ladders, fewest, request);
}

function goesDown(name: string, { installed, target }: HopRequest): Hops {
  return {
    kind: 'none',
    because: `${name} would go down from ${installed[name]!.version} to ${target.get(name)!.version}, and no hop does that.`,
    fix: 'Return to a restore point instead.',
  };
}

/** Every hop moves some package up, so there never are more hops than rungs in all. */
function shortestTogether(ladders: readonly Ladder[], fewest: number, request: HopRequest): Hops {
  const rungs = ladders.reduce((sum, { rungs, isInstalled }) => sum + rungs.length - Number(isInstalled), 0);
  const most = Math.min(maxHops, Math.max(rungs, fewest));
  for (let count = fewest; count <= most; count += 1) {
    const found = attempt(ladders, count, request);
    if (found !== undefined) return found;
    // A way of n hops is one of n+1 as well, so the longest says whether there is any.
    if (count !== fewest + patience || count === most) continue;
    const problem = makeHopProblem(ladders, most, request);
    if (solve(problem, { maxSteps }).kind === 'unsolvable') return noneTogether(problem, request, most, rungs);
  }
  return noneTogether(makeHopProblem(ladders, most, request), request, most, rungs);
}

function attempt(ladders: readonly Ladder[], count: number, request: HopRequest): Hops | undefined {
  const problem = makeHopProblem(ladders, count, request);
  const answer = solve(problem, { maxSteps });
  if (answer.kind === 'unsolvable') return undefined;
  if (answer.kind === 'gave-up') {
    return {
      kind: 'none',
      because: `The search for a way of ${count} hops was given up after ${answer.steps} steps.`,
      fix: 'Lock versions that are nearer, and go on from there.',
    };
  }
  const hops = Array.from({ length: count }, (_, hop) =>
    setOf(ladders, (_ladder, index) => answer.releases.get(hop * ladders.length + index)),
  );
  return { kind: 'hops', hops };
}

function setOf(
  ladders: readonly Ladder[],
  rungOfLadder: (ladder: Ladder, index: number) => number | undefined,
): HopSet {
  const packages: Record<string, InstalledPackage> = {};
  for (const [index, ladder] of ladders.entries()) {
    const rung = rungOfLadder(ladder, index);
    if (rung !== undefined) packages[ladder.name] = ladder.rungs[rung]!.installed;
  }
  return { packages };
}

/** Each package alone has a way, but what they need of each other leaves none for all. */
function noneTogether(problem: HopProblem, { target }: HopRequest, most: number, rungs: number): Hops {
  const answer = solve(problem, { maxSteps });
  const proven = answer.kind === 'unsolvable' ? minimalFacts(problem, factsOf(answer.proof), maxSteps).facts : [];
  const said = [...new Set(proven.flatMap((fact) => problem.needs[fact] ?? []))].sort(compareText);
  const shown = said.length > 4 ? [...said.slice(0, 4), `${said.length - 4} more like these`] : said;
  const wanted = [...target.values()].map((release) => `${release.package} ${release.version}`).sort(compareText);
  const limit = most < rungs ? ` of at most ${most} hops` : '';
  return {
    kind: 'none',
    because: `The releases offer no way${limit} to ${wanted.join(', ')} on which the packages fit together after every hop: ${shown.join('; ')}.`,
    fix: 'Publish releases in between that fit together, or lock versions that are nearer.',
  };
}
