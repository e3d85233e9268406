import { type Digest, digestBytes, hexOf } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { FindingCode } from '../../kernel/finding.ts';
import type { IndexedDelta, ReleaseDelta } from '../../model/delta.ts';
import { draftedName, releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import { distinctPatches, parseReleaseDelta } from '../../model/release-format/parse-delta.ts';
import type { FileSystem } from '../../ports/file-system.ts';

export interface FoundDelta {
  /** Relative to the directory that was scanned: `deltas/themisdb-1.4.0-1.5.0`. */
  readonly directory: string;
  readonly isSigned: boolean;
  readonly result:
    | { readonly ok: true; readonly delta: ReleaseDelta; readonly digest: Digest }
    | { readonly ok: false; readonly message: string };
  /** Why no index lists it, for whoever had it looked at. */
  readonly fault?: DeltaFault;
}

export interface DeltaFault {
  readonly code: FindingCode;
  readonly message: string;
}

/** The deltas that lie beside an index, parsed and not trusted; patches are not looked at. Sorted by directory. */
export async function scanDeltas(fileSystem: FileSystem, root: string): Promise<FoundDelta[]> {
  const top = `${root}/${releaseNames.deltas}`;
  // What a payload holds is payload.
  if ((await fileSystem.lstat(`${root}/${releaseNames.manifest}`)) !== null) return [];
  if ((await fileSystem.lstat(top))?.kind !== 'directory') return [];
  const found: FoundDelta[] = [];
  for (const name of await fileSystem.readDirectory(top)) {
    // A draft that was cut off is none yet.
    if (name.startsWith('.') || (await fileSystem.lstat(`${top}/${name}`))?.kind !== 'directory') continue;
    found.push(await readFound(fileSystem, root, `${releaseNames.deltas}/${name}`));
  }
  return found;
}

async function readFound(fileSystem: FileSystem, root: string, directory: string): Promise<FoundDelta> {
  const path = `${directory}/${releaseNames.delta}`;
  const stat = await fileSystem.lstat(`${root}/${path}`);
  const signature = await fileSystem.lstat(`${root}/${directory}/${releaseNames.deltaSignature}`);
  const isSigned = signature?.kind === 'file';
  const refused = (message: string): FoundDelta => ({ directory, isSigned, result: { ok: false, message } });
  if (stat === null) return refused(`${path} is missing.`);
  if (stat.kind !== 'file') return refused(`${path} is not a plain file.`);
  if (stat.sizeBytes > releaseLimits.deltaBytes) return refused(`${path} is too large.`);
  try {
    const bytes = await fileSystem.readFile(`${root}/${path}`);
    const delta = parseReleaseDelta(bytes);
    return { directory, isSigned, result: { ok: true, delta, digest: digestBytes(bytes) } };
  } catch (error) {
    if (error instanceof ThemisError) return refused(error.message);
    throw error;
  }
}

/** What an index says of it. */
export function indexedDeltaOf(directory: string, delta: ReleaseDelta, digest: Digest): IndexedDelta {
  return {
    package: delta.package,
    platform: delta.platform,
    architecture: delta.architecture,
    from: delta.fromManifestHash,
    to: delta.toManifestHash,
    url: `${directory}/${releaseNames.delta}`,
    sha256: hexOf(digest),
    patchBytes: patchBytesOf(delta),
  };
}

/** One patch may serve several files. */
export function patchBytesOf({ files }: ReleaseDelta): number {
  return distinctPatches(files).reduce((sum, { patchSize }) => sum + patchSize, 0);
}

/** What makes up a delta beside its patches, and what an interrupted write of it left. */
export function isDeltaFile(name: string): boolean {
  const written = draftedName(name) ?? name;
  return written === releaseNames.delta || written === releaseNames.deltaSignature;
}

/** Named by its hash, or the draft of one. */
export function isPatchFile(name: string): boolean {
  return /^[0-9a-f]{64}$/u.test(draftedName(name) ?? name);
}

/** Whether a delta starts or ends at a version of a package. */
export function touches(found: FoundDelta, packageName: string, version: string): boolean {
  if (!found.result.ok) return false;
  const { delta } = found.result;
  return delta.package === packageName && (delta.from === version || delta.to === version);
}
