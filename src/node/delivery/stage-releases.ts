/**
 * Verified manifests become whole directories `downloads/<hash>.part`, with every file that this node gets in its place,
 * hashed and durable. What an earlier run left there, or in `downloads/parts`, is used as far as it is right.
 */
import { joinReleasePath } from '../../model/release-format/layout.ts';
import type { ReleaseFile, ReleaseManifest } from '../../model/release.ts';
import type { FileStat } from '../../ports/file-system.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import type { NodeContext } from '../context.ts';
import { ancestorsOf } from '../layout.ts';
import { filesFor, findStagedManifest, stagedHashes } from '../operation/staged-release.ts';
import { eachBounded } from '../state/each-bounded.ts';
import { recallDownloads, rememberDownloads } from '../state/download-memory.ts';
import { deliver, type Delivering } from './deliver.ts';
import type { CopyOrigin, Delivery, MadeOrigin, Origin } from './delivery.ts';
import { isWorthKeeping } from './fetch.ts';
import { findLocalCopies } from './local-copies.ts';
import { partPath, removeParts } from './parts/part-file.ts';
import { createPlacing } from './placing.ts';
import { unlessSourceGone } from './source-gone.ts';

export interface Stageable {
  readonly manifest: ReleaseManifest;
  readonly source: ReleaseSource;
  /** Of its directory in the source. */
  readonly path: string;
  readonly documents: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** How contents can be made of what is here, by SHA-256. */
  readonly made?: ReadonlyMap<string, MadeOrigin>;
}

const syncsAtOnce = 4;
/** Tried before the source: more of them would not be better. */
const copiesTried = 2;

/** `downloads/<hash>.part` */
export function partOf({ layout }: NodeContext, { manifestHash }: ReleaseManifest): string {
  return `${layout.staged(manifestHash)}.part`;
}

/** Throws FILE_HASH_MISMATCH, FILE_MISSING, UNREACHABLE where the source is gone, or what kept it from getting at the files; what to keep is not decided here. */
export async function stageReleases(
  context: NodeContext,
  releases: readonly Stageable[],
  told: Pick<Delivering, 'onProgress' | 'onFallback' | 'signal'>,
): Promise<void> {
  const { files, layout, clock, random, config } = context;
  for (const release of releases) await makeTree(context, release);
  // A link, say: nobody follows it.
  if ((await files.lstat(layout.parts))?.kind !== 'directory') await files.removeTree(layout.parts);
  await files.makeDirectory(layout.parts);
  // Records of what is under way are of no use in a directory that a power cut takes away.
  await files.syncDirectory(layout.downloads);
  const deliveries = await deliveriesOf(context, releases);
  const known = await recallDownloads(
    context,
    deliveries.map(({ content }) => content.sha256),
  );
  const { concurrency, resumeBlockBytes } = config.delivery;
  const placing = createPlacing({
    files,
    root: layout.downloads,
    stepBytes: concurrency * resumeBlockBytes,
    isKnown: (path, stat, { sha256 }) => known.knows(path, stat, sha256),
  });
  await deliver(
    {
      files,
      clock,
      random,
      settings: config.delivery,
      parts: layout.parts,
      placing,
      ...told,
    },
    deliveries,
  ).catch(async (error: unknown) => {
    if (isWorthKeeping(error)) await rememberDownloads(context, placing.right());
    throw await unlessSourceGone(releases, error);
  });
  for (const release of releases) await writeDocuments(context, release);
  await tidyParts(context, new Set([...contentsOf(context, releases), ...(await stagedContents(context))]));
}

/**
 * After an error: what another run can go on from stays, or all of it goes. It stands in no place that anybody installs
 * from, and gets there by its hash alone.
 */
export async function abandonReleases(
  context: NodeContext,
  releases: readonly Stageable[],
  error: unknown,
): Promise<void> {
  if (isWorthKeeping(error)) {
    for (const release of releases) await removeIfBare(context, release);
    await context.files.removeEmptyDirectory(context.layout.parts);
    return;
  }
  for (const { manifest } of releases) await context.files.removeTree(partOf(context, manifest));
  await tidyParts(context, new Set(contentsOf(context, releases)));
}

/** Once they stand under their hash. */
export async function rememberReleases(context: NodeContext, releases: readonly Stageable[]): Promise<void> {
  await rememberDownloads(
    context,
    placesIn(context, releases, ({ layout }, { manifestHash }) => layout.staged(manifestHash)),
  );
}

/**
 * Bytes of these releases that earlier runs left on the disk: of each file what is in its place, and of each content that
 * is wanted somewhere still what is under way, once.
 */
export async function keptBytes(context: NodeContext, manifests: readonly ReleaseManifest[]): Promise<number> {
  const { files, layout } = context;
  const missing = new Map<string, number>();
  let bytes = 0;
  for (const manifest of manifests) {
    for (const { path, sha256, sizeBytes } of filesFor(context, manifest)) {
      const placed = ownBytes(await files.lstat(`${partOf(context, manifest)}/${path}`), sizeBytes);
      bytes += placed;
      if (placed < sizeBytes) missing.set(sha256, sizeBytes);
    }
  }
  for (const [sha256, sizeBytes] of missing)
    bytes += ownBytes(await files.lstat(partPath(layout.parts, sha256, 'part')), sizeBytes);
  return bytes;
}

/** What stays of it, or is free again when it goes: of a file with another name nothing is. */
function ownBytes(stat: FileStat | null, mostBytes: number): number {
  return stat?.kind === 'file' && stat.links === 1 ? Math.min(stat.sizeBytes, mostBytes) : 0;
}

function placesIn(
  context: NodeContext,
  releases: readonly Stageable[],
  directoryOf: (context: NodeContext, manifest: ReleaseManifest) => string,
) {
  return releases.flatMap(({ manifest }) =>
    filesFor(context, manifest).map(({ path, sha256 }) => ({
      path: `${directoryOf(context, manifest)}/${path}`,
      sha256,
    })),
  );
}

/** Directories alone are of no use to anybody. */
async function removeIfBare(context: NodeContext, release: Stageable): Promise<void> {
  for (const { path } of placesIn(context, [release], partOf)) if ((await context.files.lstat(path)) !== null) return;
  await context.files.removeTree(partOf(context, release.manifest));
}

/** The directories of a release, and of what an earlier run left nothing that does not belong there. */
async function makeTree(context: NodeContext, { manifest }: Stageable): Promise<void> {
  const { files } = context;
  const part = partOf(context, manifest);
  const wanted = filesFor(context, manifest);
  const directories = directoriesOf(wanted);
  if ((await files.lstat(part)) !== null) {
    await removeStrangers(context, part, '', new Set(directories), new Set(wanted.map(({ path }) => path)));
  }
  await files.makeDirectory(part);
  for (const directory of directories) await files.makeDirectory(`${part}/${directory}`);
}

async function removeStrangers(
  context: NodeContext,
  path: string,
  below: string,
  directories: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): Promise<void> {
  const { files } = context;
  const kind = (await files.lstat(path))?.kind;
  if (kind !== 'directory') {
    await files.removeTree(path);
    return;
  }
  for (const name of await files.readDirectory(path)) {
    const inner = `${below}${name}`;
    if (directories.has(inner)) await removeStrangers(context, `${path}/${name}`, `${inner}/`, directories, wanted);
    else if (!wanted.has(inner)) await files.removeTree(`${path}/${name}`);
  }
}

function directoriesOf(wanted: readonly ReleaseFile[]): readonly string[] {
  return [...new Set(wanted.flatMap((file) => ancestorsOf(file.path)))].sort();
}

/** One for each content, whatever number of files has it. */
async function deliveriesOf(context: NodeContext, releases: readonly Stageable[]): Promise<readonly Delivery[]> {
  const found = new Map<string, { file: ReleaseFile; targets: [string, ...string[]]; ways: [Origin, ...Origin[]] }>();
  for (const { manifest, source, path, made } of releases) {
    for (const file of filesFor(context, manifest)) {
      const target = `${partOf(context, manifest)}/${file.path}`;
      // Two sizes under one hash are two contents, of which at most one is true.
      const key = `${file.sha256} ${file.sizeBytes}`;
      const known = found.get(key);
      if (known !== undefined) known.targets.push(target);
      else {
        const whole: Origin = { kind: 'source', source, path: joinReleasePath(path, file.path) };
        const patched = made?.get(file.sha256);
        found.set(key, { file, targets: [target], ways: patched === undefined ? [whole] : [patched, whole] });
      }
    }
  }
  const copies = await findLocalCopies(context, new Set([...found.values()].map(({ file }) => file.sha256)));
  return [...found.values()].map(({ file, targets, ways }) => {
    const { path, type, sha256, sizeBytes } = file;
    const here: readonly CopyOrigin[] = copies.get(sha256)?.slice(0, copiesTried) ?? [];
    const [first, ...others] = [...here, ...ways] as const;
    return { path, type, content: { sha256, sizeBytes }, targets, origins: [first!, ...others] };
  });
}

/** With everything else in its place: what makes it a release, and the names of all of it. */
async function writeDocuments(context: NodeContext, { manifest, documents }: Stageable): Promise<void> {
  const { files } = context;
  const part = partOf(context, manifest);
  for (const { name, bytes } of documents) {
    // One that a crash left may be read-only.
    await files.removeFile(`${part}/${name}`);
    await files.writeFile(`${part}/${name}`, bytes, 0o400);
    await files.syncFile(`${part}/${name}`);
  }
  await eachBounded([...directoriesOf(filesFor(context, manifest))], syncsAtOnce, async (directory) => {
    await files.syncDirectory(`${part}/${directory}`);
  });
  await files.syncDirectory(part);
}

/** What is under way of these contents, and the directory with it when nothing else is. */
async function tidyParts({ files, layout }: NodeContext, contents: ReadonlySet<string>): Promise<void> {
  if ((await files.lstat(layout.parts)) === null) return;
  await removeParts(files, layout.parts, contents);
  await files.removeEmptyDirectory(layout.parts);
}

function contentsOf(context: NodeContext, releases: readonly Stageable[]): readonly string[] {
  return releases.flatMap(({ manifest, made }) => [
    ...filesFor(context, manifest).map(({ sha256 }) => sha256),
    ...[...(made?.values() ?? [])].flatMap(({ needs }) => needs.map(({ content }) => content.sha256)),
  ]);
}

/** A power cut may bring back parts of what was staged before: nobody goes on from them. */
async function stagedContents(context: NodeContext): Promise<readonly string[]> {
  const { files, layout } = context;
  if ((await files.readDirectory(layout.parts)).length === 0) return [];
  const contents: string[] = [];
  for (const hash of await stagedHashes(context)) {
    const manifest = await findStagedManifest(context, hash);
    contents.push(...(manifest?.files ?? []).map(({ sha256 }) => sha256));
  }
  return contents;
}
