/**
 * A release in the node's downloads: `downloads/<manifest hash>/` with `release.json`, its signature and the payload.
 * It got there verified; here its manifest is held against its name again, and its files against the manifest.
 */
import { digestJson, hexOf } from '../../kernel/digest.ts';
import type { Digest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { caseCollisions, pathProblem } from '../../kernel/path-guard.ts';
import type { WantedRelease } from '../../model/message.ts';
import type { ReleaseFile, ReleaseManifest } from '../../model/release.ts';
import type { NodeContext } from '../context.ts';
import type { FileState, InstalledRecord } from '../state/installed.ts';
import { type DownloadMemory, forgetDownload } from '../state/download-memory.ts';
import { readIfPresent } from '../state/durable-file.ts';
import { eachBounded } from '../state/each-bounded.ts';

const readsAtOnce = 4;

/** NOT_STAGED when it is not there, MANIFEST_HASH_MISMATCH when it is not what its name says. */
export async function readStagedManifest(context: NodeContext, wanted: WantedRelease): Promise<ReleaseManifest> {
  const { package: name, version, manifestHash } = wanted;
  const path = `${context.layout.staged(manifestHash)}/release.json`;
  if ((await context.files.lstat(path)) === null) {
    throw new ThemisError('NOT_STAGED', `${name} ${version} is not staged on ${context.config.name}.`, {
      hint: 'Stage it and try again.',
    });
  }
  const changed = (cause?: unknown): ThemisError =>
    new ThemisError('MANIFEST_HASH_MISMATCH', `The staged manifest of ${name} ${version} was changed.`, { cause });
  const manifest = parseManifest(await context.files.readFile(path), changed);
  if (!isOfHash(manifest, manifestHash)) throw changed();
  if (manifest.package !== name || manifest.version !== version) {
    const found = `${manifest.package} ${manifest.version}`;
    throw new ThemisError('MANIFEST_INVALID', `The manifest of ${name} ${version} is that of ${found}.`);
  }
  return manifest;
}

/** Of whatever release lies there whole; null where its manifest is not what its name says. */
export async function findStagedManifest(context: NodeContext, hash: Digest): Promise<ReleaseManifest | null> {
  const bytes = await readIfPresent(context.files, `${context.layout.staged(hash)}/release.json`);
  try {
    const manifest = bytes === null ? null : (JSON.parse(new TextDecoder().decode(bytes)) as ReleaseManifest);
    return manifest !== null && isOfHash(manifest, hash) ? manifest : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isOfHash(manifest: ReleaseManifest, hash: Digest): boolean {
  const { manifestHash: stated, ...rest } = manifest;
  return stated === hash && digestJson(rest) === hash;
}

function parseManifest(bytes: Uint8Array, damaged: (cause: unknown) => ThemisError): ReleaseManifest {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as ReleaseManifest;
  } catch (error) {
    throw damaged(error);
  }
}

/** Hashes every staged file but those that are `known`. FILE_MISSING or FILE_HASH_MISMATCH. */
export async function verifyStagedFiles(
  context: NodeContext,
  manifest: ReleaseManifest,
  known?: DownloadMemory,
): Promise<void> {
  const directory = context.layout.staged(manifest.manifestHash);
  await eachBounded(filesFor(context, manifest), readsAtOnce, async ({ path: name, sha256 }) => {
    const path = `${directory}/${name}`;
    const stat = await context.files.lstat(path);
    if (stat?.kind !== 'file') throw new ThemisError('FILE_MISSING', `The staged file ${path} is missing.`);
    if (known?.knows(path, stat, sha256) === true) return;
    if (hexOf((await context.files.digestFile(path)).digest) === sha256) return;
    // The next staging must not take it for what it looks like.
    await forgetDownload(context, sha256);
    throw new ThemisError('FILE_HASH_MISMATCH', `The staged file ${path} is not what its manifest says.`);
  });
}

/** The files of a release that this node gets. */
export function filesFor({ platform, architecture }: NodeContext, manifest: ReleaseManifest): readonly ReleaseFile[] {
  return manifest.files.filter(
    (file) => fits(file.platform ?? 'any', platform) && fits(file.architecture ?? 'any', architecture),
  );
}

/** PLATFORM_MISMATCH, MANIFEST_INVALID, UNSAFE_PATH or PATH_CASE_COLLISION: what no node accepts, signed or not. */
export function checkManifest(context: NodeContext, manifest: ReleaseManifest): void {
  const title = `${manifest.package} ${manifest.version}`;
  if (!fits(manifest.platform, context.platform) || !fits(manifest.architecture, context.architecture)) {
    throw new ThemisError(
      'PLATFORM_MISMATCH',
      `${title} is for ${manifest.platform}/${manifest.architecture}; ${context.config.name} is ${context.platform}/${context.architecture}.`,
    );
  }
  for (const file of manifest.files) {
    const problem = pathProblem(file.path);
    if (problem !== undefined)
      throw new ThemisError('UNSAFE_PATH', `${title} lists the path "${file.path}": ${problem}.`);
    if (!/^0[0-7]{3}$/u.test(file.permissions)) {
      throw new ThemisError('MANIFEST_INVALID', `${title}: ${file.path} has the permissions ${file.permissions}.`);
    }
  }
  const [collision] = caseCollisions(filesFor(context, manifest).map((file) => file.path));
  if (collision !== undefined) {
    throw new ThemisError('PATH_CASE_COLLISION', `${title} lists ${collision[0]} and ${collision[1]}.`);
  }
}

export function installedRecordOf(context: NodeContext, manifest: ReleaseManifest): InstalledRecord {
  const { version, manifestHash, dataSchemaVersion, counter } = manifest;
  const files = filesFor(context, manifest).map((file): [string, FileState] => [
    file.path,
    { sha256: file.sha256, sizeBytes: file.sizeBytes, mode: Number.parseInt(file.permissions, 8) },
  ]);
  return { version, manifestHash, dataSchemaVersion, counter, files: Object.fromEntries(files) };
}

export function payloadBytes(context: NodeContext, manifest: ReleaseManifest): number {
  return filesFor(context, manifest).reduce((sum, file) => sum + file.sizeBytes, 0);
}

export async function stagedHashes(context: NodeContext): Promise<readonly Digest[]> {
  const { files, layout } = context;
  if ((await files.lstat(layout.downloads)) === null) return [];
  const names = await files.readDirectory(layout.downloads);
  return names.filter((name) => /^[0-9a-f]{64}$/u.test(name)).map((name): Digest => `sha256:${name}`);
}

function fits(offered: string, own: string): boolean {
  return offered === 'any' || offered === own;
}
