/**
 * The delta that lies there between two releases. A new one is to be no worse: its patches are where the search starts,
 * so far as they are whole and lead between the very files that are wanted. They are nobody's word: the search applies
 * them before it keeps them.
 */
import { type Digest, digestBytes, hexOf } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { DeltaFile, ReleaseDelta } from '../../model/delta.ts';
import { deltaDirectoryName, patchPathOf, releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import { findPatchAlgorithm } from '../../patch/index.ts';
import type { FileSystem } from '../../ports/file-system.ts';
import type { FoundPatch } from './find-patches.ts';
import type { FilePair } from './pair-files.ts';
import { scanDeltas } from './scan-deltas.ts';

export interface PresentDelta {
  /** Relative to the directory of releases: where the delta lies, or would. */
  readonly directory: string;
  /** null where there is none, or none that can be read. */
  readonly found: { readonly delta: ReleaseDelta; readonly digest: Digest } | null;
}

const identity = ['package', 'from', 'to', 'platform', 'architecture'] as const;

/** Whatever its directory is called. Throws POLICY_REFUSED where another delta lies in the one that it would have. */
export async function findPresent(fileSystem: FileSystem, root: string, delta: ReleaseDelta): Promise<PresentDelta> {
  const directory = `${releaseNames.deltas}/${deltaDirectoryName(delta)}`;
  const readable = (await scanDeltas(fileSystem, root)).flatMap(({ directory: place, result }) =>
    result.ok ? [{ directory: place, found: result }] : [],
  );
  const own = readable.filter(({ found }) => identity.every((field) => found.delta[field] === delta[field]));
  const there = own.find((each) => each.directory === directory) ?? own[0];
  if (there !== undefined) return there;
  const other = readable.find((each) => each.directory === directory)?.found.delta;
  if (other === undefined) return { directory, found: null };
  throw new ThemisError(
    'POLICY_REFUSED',
    `${directory} holds another delta, that of ${other.package} ${other.from} to ${other.to} (${other.platform}/${other.architecture}).`,
    { hint: 'Give that directory another name; a delta is found by what it says.' },
  );
}

/** Of each pair the smallest patch of it that lies there whole. */
export async function presentPatches(
  fileSystem: FileSystem,
  root: string,
  { directory, found }: PresentDelta,
  pairs: readonly FilePair[],
): Promise<FoundPatch[]> {
  const contents = (baseHash: string, targetHash: string): string => `${baseHash} ${targetHash}`;
  const named = Map.groupBy(found?.delta.files ?? [], (file) => contents(file.baseHash, file.targetHash));
  const patches: FoundPatch[] = [];
  for (const pair of pairs) {
    const files = named.get(contents(pair.base.sha256, pair.target.sha256)) ?? [];
    for (const file of files.toSorted((a, b) => a.patchSize - b.patchSize)) {
      const algorithm = findPatchAlgorithm(file.algorithm)?.id;
      const patch = await readPatch(fileSystem, `${root}/${directory}/${releaseNames.delta}`, file);
      // One by an algorithm of a later Themis cannot be applied to be sure of it.
      if (patch === null || algorithm === undefined) continue;
      patches.push({ pair, algorithm, patch, patchHash: file.patchHash, wasThere: true });
      break;
    }
  }
  return patches;
}

/** null unless it is the one that the delta names. */
async function readPatch(fileSystem: FileSystem, deltaPath: string, file: DeltaFile): Promise<Uint8Array | null> {
  const path = patchPathOf(deltaPath, file.patchUrl);
  const stat = await fileSystem.lstat(path);
  if (stat?.kind !== 'file' || stat.sizeBytes !== file.patchSize || stat.sizeBytes > releaseLimits.patchBytes)
    return null;
  const patch = await fileSystem.readFile(path);
  return hexOf(digestBytes(patch)) === file.patchHash ? patch : null;
}
