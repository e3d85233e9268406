/**
 * Which patches, in which order, make a content of another that is here: for each file the cheapest way through all
 * deltas that were read, whichever releases they lead over, and none where the whole file is cheaper. What counts is the
 * content: a file that one of the releases did not change takes no step there. Pure.
 */
import type { DeltaFile, ReleaseDelta } from '../../../model/delta.ts';
import { patchPathOf } from '../../../model/release-format/layout.ts';
import type { Content } from '../delivery.ts';
import { mostLinks } from './ways.ts';

export interface ReadDelta {
  /** Of its `delta.json`, from the source. */
  readonly url: string;
  readonly delta: ReleaseDelta;
}

export interface PatchStep {
  readonly file: DeltaFile;
  /** Of the patch, from the source. */
  readonly path: string;
  /** Of what it starts at. */
  readonly baseBytes: number;
}

export interface PatchPlan {
  /** First step first; at least one. The first one starts at a content that is here. */
  readonly steps: readonly [PatchStep, ...PatchStep[]];
  /** Of the release that the first delta on its way starts from. */
  readonly from: string;
}

export type PatchPlans = ReadonlyMap<string, PatchPlan>;

interface Way {
  /** Of its patches. */
  readonly bytes: number;
  /** Of what it makes. */
  readonly sizeBytes: number;
  readonly steps: readonly PatchStep[];
  readonly from: string;
}

interface Edge {
  readonly file: DeltaFile;
  readonly path: string;
  readonly from: string;
}

/** By SHA-256 of what comes out. `sizeHere`: undefined for what is not here. `usable`: what this node can apply. */
export function planPatches(
  deltas: readonly ReadDelta[],
  sizeHere: (sha256: string) => number | undefined,
  wanted: readonly Content[],
  usable: (step: PatchStep) => boolean,
): PatchPlans {
  const made = waysFrom(edgesOf(deltas), sizeHere, usable);
  const plans = new Map<string, PatchPlan>();
  for (const { sha256, sizeBytes } of wanted) {
    const way = made.get(sha256);
    const [first, ...others] = way?.steps ?? [];
    if (way === undefined || first === undefined || way.bytes >= sizeBytes) continue;
    plans.set(sha256, { steps: [first, ...others], from: way.from });
  }
  return plans;
}

/** What is fetched by these plans: each patch once, and whole what has no plan. */
export function bytesToFetch(wanted: readonly Content[], plans: PatchPlans): number {
  const patches = new Map<string, number>();
  for (const { steps } of plans.values()) for (const { file } of steps) patches.set(file.patchHash, file.patchSize);
  const whole = wanted.filter(({ sha256 }) => !plans.has(sha256)).map(({ sizeBytes }) => sizeBytes);
  return [...whole, ...patches.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** By what they start at. */
function edgesOf(deltas: readonly ReadDelta[]): ReadonlyMap<string, readonly Edge[]> {
  const edges = deltas.flatMap(({ url, delta: { from, files } }) =>
    files.map((file): Edge => ({ file, path: patchPathOf(url, file.patchUrl), from })),
  );
  return Map.groupBy(edges, ({ file }) => file.baseHash);
}

/** The cheapest to each content, one step longer with each round. */
function waysFrom(
  edges: ReadonlyMap<string, readonly Edge[]>,
  sizeHere: (sha256: string) => number | undefined,
  usable: (step: PatchStep) => boolean,
): ReadonlyMap<string, Way> {
  const made = new Map<string, Way>();
  const wayTo = (sha256: string, from: string): Way | undefined => {
    const sizeBytes = sizeHere(sha256);
    return sizeBytes === undefined ? made.get(sha256) : { bytes: 0, sizeBytes, steps: [], from };
  };
  let starts: readonly string[] = [...edges.keys()];
  for (let round = 0; round < mostLinks && starts.length > 0; round += 1) {
    const found = new Map<string, Way>();
    for (const { file, path, from } of starts.flatMap((start) => edges.get(start) ?? [])) {
      const before = sizeHere(file.targetHash) === undefined ? wayTo(file.baseHash, from) : undefined;
      if (before === undefined) continue;
      const step = { file, path, baseBytes: before.sizeBytes };
      const bytes = before.bytes + file.patchSize;
      const best = found.get(file.targetHash) ?? made.get(file.targetHash);
      if (bytes >= (best?.bytes ?? Infinity) || !usable(step)) continue;
      const steps = [...before.steps, step];
      found.set(file.targetHash, { bytes, sizeBytes: file.targetSize, steps, from: before.from });
    }
    // Only now, so that no way is longer than its round, whatever order the deltas came in.
    for (const [sha256, way] of found) made.set(sha256, way);
    starts = [...found.keys()];
  }
  return made;
}
