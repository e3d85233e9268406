/**
 * How releases lie in a directory, and the limits of what Themis reads there. The payload directory holds its manifest
 * and signature at its top; those names are reserved there, in any case. A releases directory holds the index and one
 * directory per release; deltas between them lie beside, and are no releases.
 */
import { type Digest, hexOf, shortDigest } from '../../kernel/digest.ts';
import type { ReleaseDelta } from '../delta.ts';

export const releaseNames = {
  manifest: 'release.json',
  signature: 'release.json.p7s',
  /** A manifest in ThemisDB's own form that the release was converted from. */
  flatManifest: 'release.flat.json',
  index: 'index.json',
  indexSignature: 'index.json.p7s',
  /** Directory of revocation lists beside the index. */
  lists: 'crls',
  /** Directory beside the index with one directory per delta: `delta.json`, its signature, patches. */
  deltas: 'deltas',
  delta: 'delta.json',
  deltaSignature: 'delta.json.p7s',
  patches: 'patches',
  /** Directory beside the index with what changed in it since earlier ones: `index/HASH.delta.json`. */
  indexDeltas: 'index',
} as const;

const reserved: ReadonlySet<string> = new Set([
  releaseNames.manifest,
  releaseNames.signature,
  releaseNames.flatManifest,
  'release.json.tst',
  releaseNames.delta,
  releaseNames.deltaSignature,
]);

/** Whether a path, relative to the payload directory, is one of the files that describe the release, or a draft of one. */
export function isReservedReleasePath(path: string): boolean {
  const name = path.toLowerCase();
  return reserved.has(draftedName(name) ?? name);
}

/** Beside `name`, for bytes that are to take its place; `unique`: 16 hex digits. */
export function draftName(name: string, unique: string): string {
  return `.${name}.${unique}.new`;
}

/** Of which file a name is the draft, left by whoever was killed; null where it is none. Once drafts had one name each. */
export function draftedName(name: string): string | null {
  return /^\.([^/]+?)(?:\.[0-9a-f]{16})?\.new$/u.exec(name)?.[1] ?? null;
}

export const releaseLimits = {
  manifestBytes: 16 * 2 ** 20,
  signatureBytes: 2 ** 20,
  indexBytes: 64 * 2 ** 20,
  indexEntries: 100_000,
  lists: 64,
  listBytes: 16 * 2 ** 20,
  files: 50_000,
  dependencies: 1000,
  conflicts: 1000,
  probes: 64,
  probeCharacters: 2 ** 16,
  notesCharacters: 2 ** 18,
  fileBytes: 2 ** 40,
  totalBytes: 2 ** 42,
  deltaBytes: 16 * 2 ** 20,
  /** A patch is held whole while it is applied. */
  patchBytes: 2 ** 30,
} as const;

/** `themisdb-1.5.0` for `themisdb-1.5.0/release.json`, '' for `release.json`: where the payload of an index entry lies. */
export function releaseDirectoryOf(url: string): string {
  return url === releaseNames.manifest ? '' : url.replace(/\/release\.json$/u, '');
}

/** A path of the source from a release directory, which may be the source itself (''), and a path below it. */
export function joinReleasePath(directory: string, path: string): string {
  return directory === '' ? path : `${directory}/${path}`;
}

/** Where a patch of a `delta.json` lies, from its source. */
export function patchPathOf(deltaUrl: string, patchUrl: string): string {
  return `${deltaUrl.slice(0, deltaUrl.lastIndexOf('/') + 1)}${patchUrl}`;
}

/**
 * Below the directory of deltas: `themisdb-1.4.0-1.5.0-linux-x64`. Where a version holds hyphens that could be the name of
 * another delta as well, so a `+` stands between the parts: neither packages nor versions hold one.
 */
export function deltaDirectoryName(delta: ReleaseDelta): string {
  const { package: name, from, to, platform, architecture } = delta;
  const parts = [
    name,
    from,
    to,
    ...(platform === 'any' && architecture === 'any' ? [] : [`${platform}-${architecture}`]),
  ];
  const full = parts.join([from, to].some((version) => version.includes('-')) ? '+' : '-');
  // No file system takes longer names; a delta is found by its content, whatever its directory is called.
  return full.length <= 200 ? full : `${shortDigest(delta.fromManifestHash)}-${shortDigest(delta.toManifestHash)}`;
}

/** What changed since the `index.json` with these bytes, from the source. */
export function indexDeltaPath(index: Digest): string {
  return `${releaseNames.indexDeltas}/${hexOf(index)}.delta.json`;
}
