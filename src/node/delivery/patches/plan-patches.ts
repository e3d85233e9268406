/**
 * Which patches, in which order, make a content of another that is here: for each file the cheapest way through the
 * deltas of a chain, and none where the whole file is cheaper. A file that one of the releases did not change takes no
 * step there. Pure.
 */
import type { DeltaFile, ReleaseDelta } from '../../../model/delta.ts';
import { patchPathOf } from '../../../model/release-format/layout.ts';
import type { Content } from '../delivery.ts';

export interface ReadDelta {
  /** Of its `delta.json`, from the source. */
  readonly url: string;
  readonly delta: ReleaseDelta;
}

export interface PatchStep {
  readonly file: DeltaFile;
  /** Of the patch, from the source. */
  readonly path: string;
}

export interface PatchPlan {
  /** First step first; at least one. The first one starts at a content that is here. */
  readonly steps: readonly [PatchStep, ...PatchStep[]];
  /** Of the release that the first delta on its way starts from. */
  readonly from: string;
}

interface Way {
  readonly bytes: number;
  readonly steps: readonly PatchStep[];
  readonly from: string;
}

/** By SHA-256 of what comes out. `links`: from the base on. `usable`: what this Themis can apply. */
export function planPatches(
  links: readonly ReadDelta[],
  isHere: (sha256: string) => boolean,
  wanted: readonly Content[],
  usable: (file: DeltaFile) => boolean,
): ReadonlyMap<string, PatchPlan> {
  const made = new Map<string, Way>();
  for (const { url, delta } of links) {
    const wayTo = (sha256: string): Way | undefined =>
      isHere(sha256) ? { bytes: 0, steps: [], from: delta.from } : made.get(sha256);
    const found: [string, Way][] = [];
    for (const file of delta.files) {
      const before = usable(file) ? wayTo(file.baseHash) : undefined;
      if (before === undefined) continue;
      const step = { file, path: patchPathOf(url, file.patchUrl) };
      const way = { bytes: before.bytes + file.patchSize, steps: [...before.steps, step], from: before.from };
      if (way.bytes < (made.get(file.targetHash)?.bytes ?? Infinity)) found.push([file.targetHash, way]);
    }
    // Only now: within one delta no patch starts at what another one makes.
    for (const [sha256, way] of found) if (way.bytes < (made.get(sha256)?.bytes ?? Infinity)) made.set(sha256, way);
  }
  const plans = new Map<string, PatchPlan>();
  for (const { sha256, sizeBytes } of wanted) {
    const way = made.get(sha256);
    const [first, ...others] = way?.steps ?? [];
    if (way === undefined || first === undefined || way.bytes >= sizeBytes) continue;
    plans.set(sha256, { steps: [first, ...others], from: way.from });
  }
  return plans;
}
