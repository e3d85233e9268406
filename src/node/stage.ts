/**
 * Staging: verify signature and manifest first, then copy into `downloads/<hash>.part` while hashing, sync, and rename
 * to `downloads/<hash>`. What stands there under a hash was verified. A refusal, at whatever point, leaves the node
 * root byte for byte as it was; several releases are staged all or none.
 */
import { hexOf } from '../kernel/digest.ts';
import { exitCodeOf, ThemisError } from '../kernel/error.ts';
import { exitCode } from '../kernel/exit-code.ts';
import { pathProblem } from '../kernel/path-guard.ts';
import type { NodeProgress, NodeRequest, OperationResult, ReleaseLocator, StagedRelease } from '../model/message.ts';
import type { ReleaseFile, ReleaseIndex, ReleaseManifest } from '../model/release.ts';
import type { ReleaseSource } from '../ports/release-source.ts';
import type { NodeContext } from './context.ts';
import type { History, VerifiedRelease } from './deps.ts';
import { ancestorsOf } from './layout.ts';
import {
  checkManifest,
  filesFor,
  payloadBytes,
  readStagedManifest,
  verifyStagedFiles,
} from './operation/staged-release.ts';
import { settle } from './operation/operate.ts';
import { checkAuthority, noteAuthority } from './state/authority.ts';
import { withLock } from './state/lock.ts';
import {
  acceptNew,
  type Listed,
  listedIn,
  noteOffers,
  noteProduct,
  readIndex,
  refuseMixedProducts,
  withdrawOffer,
} from './trust/acceptance.ts';
import { historyOf } from './trust/history.ts';
import { finishRotation } from './trust/rotate-anchors.ts';
import { readTrust } from './trust/trust-files.ts';
import { verifyStagedRelease } from './trust/verify-staged.ts';

type StageRequest = Extract<NodeRequest, { kind: 'stage' }>;
type OnProgress = (progress: NodeProgress) => void;

interface Verified extends VerifiedRelease {
  readonly source: ReleaseSource;
  readonly path: string;
}

/** `unchanged` when all of it was staged already. Throws where it refuses. */
export async function stage(
  context: NodeContext,
  request: StageRequest,
  onProgress: OnProgress,
): Promise<OperationResult> {
  await checkAuthority(context, request.authority);
  if (new Set(request.releases.map((release) => release.manifestHash)).size < request.releases.length) {
    throw new ThemisError('MESSAGE_INVALID', 'The request names a release twice.');
  }
  return withLock(context, async () => {
    await settle(context, onProgress);
    await finishRotation(context);
    const indexes: Indexes = new Map();
    const offered: Offered[] = [];
    for (const release of request.releases)
      offered.push(await withdrawing(context, release, () => offer(context, request, release, indexes)));
    const missing: Offered[] = [];
    for (const each of offered) if (!(await isStaged(context, request, each.release))) missing.push(each);
    const listings = offered.flatMap(({ listed }) => (listed === undefined ? [] : [listed]));
    if (missing.length === 0) {
      await noteOffers(context, listings);
      return { kind: 'unchanged' };
    }
    const verified: Verified[] = [];
    for (const each of missing)
      verified.push(await withdrawing(context, each.release, () => verify(context, request, each)));
    refuseMixedProducts(
      context,
      verified.map(({ manifest }) => manifest),
    );
    await checkSize(context, verified);
    try {
      await copyAll(context, verified, onProgress);
      await noteAuthority(context, request.authority);
      await noteProduct(
        context,
        verified.map(({ manifest }) => manifest),
      );
    } catch (error) {
      for (const { manifest } of verified) await context.files.removeTree(partOf(context, manifest));
      throw error;
    }
    for (const { manifest } of verified) {
      const target = context.layout.staged(manifest.manifestHash);
      await context.files.removeTree(target);
      await context.files.rename(partOf(context, manifest), target);
    }
    await context.files.syncDirectory(context.layout.downloads);
    await noteOffers(context, listings);
    for (const { remember } of verified) await remember?.();
    return { kind: 'done', restorePoint: null };
  });
}

/** There, still what was verified, and believed today: a damaged copy, or one signed anew since, is fetched again. */
async function isStaged(context: NodeContext, { authority }: StageRequest, release: StagedRelease): Promise<boolean> {
  if ((await context.files.lstat(context.layout.staged(release.manifestHash))) === null) return false;
  const record = await checkAuthority(context, authority);
  const trust = await readTrust(context, record);
  try {
    await verifyStagedFiles(context, await readStagedManifest(context, release));
    await verifyStagedRelease(context, record, trust, release);
    return true;
  } catch (error) {
    if (error instanceof ThemisError && error.code !== 'IO') return false;
    throw error;
  }
}

/** One look at the index of each source for a whole request: what it lists belongs together. */
type Indexes = Map<string, Promise<ReleaseIndex>>;

/** What the source says of a release today, staged before or not. What the node had installed needs no offer. */
interface Offered {
  readonly release: StagedRelease;
  readonly source: ReleaseSource;
  readonly path: string;
  readonly history: History;
  readonly listed: Listed | undefined;
}

/** What is refused today was offered before perhaps; that is over. A source that cannot be reached says nothing. */
async function withdrawing<T>(context: NodeContext, release: StagedRelease, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isRefusal = error instanceof ThemisError && exitCodeOf(error.code) === exitCode.refused;
    if (isRefusal) await withdrawOffer(context, release.manifestHash);
    throw error;
  }
}

async function offer(
  context: NodeContext,
  request: StageRequest,
  release: StagedRelease,
  indexes: Indexes,
): Promise<Offered> {
  const { locator } = release;
  const source = context.openSource(locator);
  const path = directoryOf(locator);
  const history = await historyOf(context, release.manifestHash);
  if (history !== 'none') return { release, source, path, history, listed: undefined };
  const key = locator.kind === 'directory' ? locator.directory : locator.url;
  let index = indexes.get(key);
  if (index === undefined) {
    const trust = await readTrust(context, await checkAuthority(context, request.authority));
    indexes.set(key, (index = readIndex(context, source, trust)));
  }
  return { release, source, path, history, listed: listedIn(await index, release, path) };
}

async function verify(context: NodeContext, request: StageRequest, offered: Offered): Promise<Verified> {
  const { release, source, path, history, listed } = offered;
  const { locator: _, ...wanted } = release;
  const result = await context.verifyRelease(source, path, {
    ...wanted,
    // Read now, because the index may have brought newer revocation lists.
    trust: await readTrust(context, await checkAuthority(context, request.authority)),
    platform: context.platform,
    architecture: context.architecture,
    nowMs: context.clock.nowMs(),
    history,
    cacheFile: context.layout.manifests,
  });
  if (result.kind === 'refused') throw result.error;
  const { manifest } = result;
  const title = `${release.package} ${release.version}`;
  if (manifest.manifestHash !== release.manifestHash) {
    throw new ThemisError('MANIFEST_HASH_MISMATCH', `${title} at the source has manifest ${manifest.manifestHash}.`);
  }
  if (manifest.package !== release.package || manifest.version !== release.version) {
    throw new ThemisError('MANIFEST_INVALID', `${title} at the source is ${manifest.package} ${manifest.version}.`);
  }
  const record = await checkAuthority(context, request.authority);
  if (history === 'none') acceptNew(context, record, manifest, listed);
  checkManifest(context, manifest);
  return { ...result, source, path };
}

/** The release's directory in its source: `release.json` itself may be named as well. */
function directoryOf(locator: ReleaseLocator): string {
  if (locator.kind === 'http') return '';
  const path = locator.path.replace(/(?:^|\/)release\.json$/u, '');
  if (path !== '' && pathProblem(path) !== undefined) {
    throw new ThemisError('UNSAFE_PATH', `The request names the release path "${locator.path}".`);
  }
  return path;
}

async function checkSize(context: NodeContext, releases: readonly Verified[]): Promise<void> {
  const { maxReleaseBytes, freeSpaceFactor } = context.config.limits;
  let sizeBytes = 0;
  for (const { manifest } of releases) {
    const own = payloadBytes(context, manifest);
    sizeBytes += own;
    if (maxReleaseBytes === null || own <= maxReleaseBytes) continue;
    throw new ThemisError(
      'POLICY_REFUSED',
      `${manifest.package} ${manifest.version} has ${own} bytes; node.yaml allows ${maxReleaseBytes}.`,
    );
  }
  const neededBytes = Math.ceil(sizeBytes * freeSpaceFactor);
  const { freeBytes } = await context.files.freeSpace(context.layout.downloads);
  if (freeBytes >= neededBytes) return;
  throw new ThemisError(
    'NO_SPACE',
    `${context.layout.downloads} has ${freeBytes} bytes free; staging needs ${neededBytes}.`,
    { hint: 'Free space on this disk and stage again.' },
  );
}

function partOf({ layout }: NodeContext, manifest: ReleaseManifest): string {
  return `${layout.staged(manifest.manifestHash)}.part`;
}

async function copyAll(context: NodeContext, releases: readonly Verified[], onProgress: OnProgress): Promise<void> {
  const totalBytes = releases.reduce((sum, { manifest }) => sum + payloadBytes(context, manifest), 0);
  let doneBytes = 0;
  for (const release of releases) {
    await copyRelease(context, release, (bytes) => {
      doneBytes += bytes;
      onProgress({ kind: 'progress', phase: 'stage', doneBytes, totalBytes });
    });
  }
}

async function copyRelease(context: NodeContext, release: Verified, done: (bytes: number) => void): Promise<void> {
  const { files } = context;
  const { manifest, source, path, documents } = release;
  const part = partOf(context, manifest);
  await files.removeTree(part);
  await files.makeDirectory(part);
  const wanted = filesFor(context, manifest);
  const directories = [...new Set(wanted.flatMap((file) => ancestorsOf(file.path)))].sort();
  for (const directory of directories) await files.makeDirectory(`${part}/${directory}`);
  for (const file of wanted) {
    const target = `${part}/${file.path}`;
    const chunks = payloadOf(source, path === '' ? file.path : `${path}/${file.path}`, file);
    const { digest } = await files.writeStream(target, chunks, 0o400, file.sizeBytes);
    if (hexOf(digest) !== file.sha256) throw mismatch(file);
    await files.syncFile(target);
    done(file.sizeBytes);
  }
  for (const { name, bytes } of documents) {
    await files.writeFile(`${part}/${name}`, bytes, 0o400);
    await files.syncFile(`${part}/${name}`);
  }
  for (const directory of directories) await files.syncDirectory(`${part}/${directory}`);
  await files.syncDirectory(part);
}

/** The chunks of a payload file, never more than the manifest says. FILE_MISSING or FILE_HASH_MISMATCH. */
async function* payloadOf(source: ReleaseSource, path: string, file: ReleaseFile): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  try {
    // One byte more than there should be, so that a longer file is seen and an endless one is not read.
    for await (const chunk of source.openFile(path, file.sizeBytes + 1)) {
      sizeBytes += chunk.length;
      if (sizeBytes > file.sizeBytes) throw mismatch(file);
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code !== 'NOT_FOUND') throw error;
    throw new ThemisError('FILE_MISSING', `${file.path} is listed in the manifest but missing.`, { cause: error });
  }
}

function mismatch(file: ReleaseFile): ThemisError {
  return new ThemisError('FILE_HASH_MISMATCH', `${file.path} at the source is not what the manifest says.`);
}
