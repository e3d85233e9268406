/**
 * A directory becomes a release: every file below it is hashed, classified and listed in `release.json` at its top.
 * Equal trees and equal descriptions give equal bytes. Nothing that a node would refuse is written: links, special files
 * and unsafe names end the build, and the manifest is read back by the parser nodes use.
 */
import { digestBytes, hexOf } from '../kernel/digest.ts';
import { ThemisError } from '../kernel/error.ts';
import { compareText } from '../kernel/finding.ts';
import { caseCollisions, pathProblem } from '../kernel/path-guard.ts';
import type { ReleaseFile, ReleaseManifest } from '../model/release.ts';
import { isReservedReleasePath, joinReleasePath, releaseLimits, releaseNames } from '../model/release-format/layout.ts';
import type { FileSystem } from '../ports/file-system.ts';
import { manifestHashOf, parseManifest } from '../trust/policy/parse-manifest.ts';
import { classifyFile, permissionsOf } from './classify-file.ts';
import { writeWholeFile } from './write-file.ts';

/** All of a manifest that does not follow from the files. */
export type ReleaseDescription = Omit<ReleaseManifest, 'schemaVersion' | 'files' | 'manifestHash'>;

export interface BuiltRelease {
  readonly manifest: ReleaseManifest;
  readonly bytes: Uint8Array;
}

/** The manifest with its hash, in the field order of the format, and its bytes. Throws USAGE for what nodes would refuse. */
export function sealManifest(parts: ReleaseDescription & Pick<ReleaseManifest, 'files'>): BuiltRelease {
  const body: Omit<ReleaseManifest, 'manifestHash' | 'build' | 'probes'> = {
    schemaVersion: 1,
    product: parts.product,
    package: parts.package,
    version: parts.version,
    tagName: parts.tagName,
    releaseNotes: parts.releaseNotes,
    releaseDate: parts.releaseDate,
    isCritical: parts.isCritical,
    counter: parts.counter,
    expiresAt: parts.expiresAt,
    platform: parts.platform,
    architecture: parts.architecture,
    files: parts.files,
    dependencies: parts.dependencies,
    minUpgradeFrom: parts.minUpgradeFrom,
    dataSchemaVersion: parts.dataSchemaVersion,
  };
  const tail = { build: parts.build, ...(parts.probes === undefined ? {} : { probes: parts.probes }) };
  const manifest: ReleaseManifest = { ...body, manifestHash: manifestHashOf({ ...body, ...tail }), ...tail };
  const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
  const parsed = parseManifest(bytes);
  if (!parsed.ok) {
    const all = parsed.findings.map(({ summary, fix }) => (fix === undefined ? summary : `${summary} ${fix}`));
    throw new ThemisError('USAGE', `The release cannot be described like this. ${all.slice(0, 5).join(' ')}`);
  }
  return { manifest, bytes };
}

/**
 * Writes `release.json` (mode 0644). A signature over other bytes, and a flat form of another manifest, are removed, since
 * they can only mislead. Says whether anything changed and what went. `flat`: the manifest in ThemisDB's own form, which
 * lies beside it.
 */
export async function writeRelease(
  fileSystem: FileSystem,
  directory: string,
  built: BuiltRelease,
  flat: Uint8Array | null = null,
): Promise<{ readonly changed: boolean; readonly removed: readonly string[] }> {
  const path = `${directory}/${releaseNames.manifest}`;
  const present = await fileSystem.lstat(path);
  const changed = present?.kind !== 'file' || digestBytes(await fileSystem.readFile(path)) !== digestBytes(built.bytes);
  const removed: string[] = [];
  if (changed) {
    for (const name of [releaseNames.signature, releaseNames.flatManifest]) {
      if ((await fileSystem.lstat(`${directory}/${name}`)) === null) continue;
      await fileSystem.removeFile(`${directory}/${name}`);
      if (flat === null || name !== releaseNames.flatManifest) removed.push(name);
    }
    await writeWholeFile(fileSystem, directory, releaseNames.manifest, built.bytes);
  }
  if (flat !== null) await writeWholeFile(fileSystem, directory, releaseNames.flatManifest, flat);
  return { changed, removed };
}

/**
 * Every file below the directory but those that describe the release, hashed, sorted by path. Writes nothing. Throws
 * SYMLINK_REFUSED, UNSAFE_PATH, PATH_CASE_COLLISION, USAGE.
 */
export async function listPayload(fileSystem: FileSystem, root: string): Promise<ReleaseFile[]> {
  const files: ReleaseFile[] = [];
  const pending = [''];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const name of await fileSystem.readDirectory(directory === '' ? root : `${root}/${directory}`)) {
      const path = joinReleasePath(directory, name);
      const stat = await fileSystem.lstat(`${root}/${path}`);
      if (stat === null) throw new ThemisError('IO', `${path} vanished while the release was built.`);
      if (isReservedReleasePath(path)) continue;
      checkPath(path);
      if (stat.kind === 'directory') pending.push(path);
      else if (stat.kind === 'file') files.push(await describeFile(fileSystem, root, path, stat.mode));
      else refuseKind(path, stat.kind);
    }
    if (files.length > releaseLimits.files)
      throw new ThemisError('USAGE', `More than ${releaseLimits.files} files below ${root}.`);
  }
  const [collision] = caseCollisions(files.map(({ path }) => path));
  if (collision !== undefined) {
    throw new ThemisError(
      'PATH_CASE_COLLISION',
      `${collision[0]} and ${collision[1]} are one path where case is ignored.`,
      {
        hint: 'Rename one of them.',
      },
    );
  }
  return files.sort((a, b) => compareText(a.path, b.path));
}

async function describeFile(fileSystem: FileSystem, root: string, path: string, mode: number): Promise<ReleaseFile> {
  const { digest, sizeBytes } = await fileSystem.digestFile(`${root}/${path}`);
  return { path, type: classifyFile(path, mode), sha256: hexOf(digest), sizeBytes, permissions: permissionsOf(mode) };
}

function checkPath(path: string): void {
  const problem = pathProblem(path);
  if (problem === undefined) return;
  throw new ThemisError('UNSAFE_PATH', `${JSON.stringify(path)} cannot be part of a release: ${problem}.`, {
    hint: 'Rename it.',
  });
}

function refuseKind(path: string, kind: 'symlink' | 'other'): never {
  if (kind === 'symlink') {
    throw new ThemisError('SYMLINK_REFUSED', `${path} is a symbolic link.`, {
      hint: 'Put the file itself in its place; releases hold no links.',
    });
  }
  throw new ThemisError('POLICY_REFUSED', `${path} is neither a file nor a directory.`);
}
