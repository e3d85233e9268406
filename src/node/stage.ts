/**
 * Staging: verify signature and manifest first, then deliver into `downloads/<hash>.part` while hashing, sync, and rename
 * to `downloads/<hash>`. What stands there under a hash was verified. A refusal of signature, manifest or policy leaves
 * the node root as it was before. Whatever ends the delivery of a verified release leaves what another run goes on from,
 * in places that nothing is installed from. Several releases are staged all or none.
 */
import { isRefusal, ThemisError } from '../kernel/error.ts';
import { pathProblem } from '../kernel/path-guard.ts';
import type { NodeProgress, NodeRequest, OperationResult, ReleaseLocator, StagedRelease } from '../model/message.ts';
import type { ReleaseIndex } from '../model/release.ts';
import type { ReleaseSource } from '../ports/release-source.ts';
import type { NodeContext } from './context.ts';
import { cancellableSource, throwIfCancelled } from './delivery/cancellable-source.ts';
import type { Fallback } from './delivery/deliver.ts';
import {
  abandonReleases,
  keptBytes,
  partOf,
  rememberReleases,
  type Stageable,
  stageReleases,
} from './delivery/stage-releases.ts';
import type { History, TrustFiles, VerifiedRelease } from './deps.ts';
import { checkManifest, payloadBytes, readStagedManifest, verifyStagedFiles } from './operation/staged-release.ts';
import { settle } from './operation/operate.ts';
import { checkAuthority, noteAuthority } from './state/authority.ts';
import { recallDownloads } from './state/download-memory.ts';
import { withLock } from './state/lock.ts';
import type { NodeRecord } from './state/node-record.ts';
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
import { writeAudit } from './trust/audit.ts';
import { historyOf } from './trust/history.ts';
import { finishRotation } from './trust/rotate-anchors.ts';
import { readTrust } from './trust/trust-files.ts';
import { verifyStagedRelease } from './trust/verify-staged.ts';

type StageRequest = Extract<NodeRequest, { kind: 'stage' }>;
type OnProgress = (progress: NodeProgress) => void;

interface Verified extends VerifiedRelease {
  readonly source: ReleaseSource;
  readonly path: string;
  /** undefined for what the node has had before. */
  readonly index: ReleaseIndex | undefined;
}

/** `unchanged` when all of it was staged already. Throws where it refuses, and CANCELLED when the signal aborts. */
export async function stage(
  node: NodeContext,
  request: StageRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<OperationResult> {
  const context: NodeContext = {
    ...node,
    openSource: (locator) => cancellableSource(node.openSource(locator), signal),
  };
  await checkAuthority(context, request.authority);
  if (new Set(request.releases.map((release) => release.manifestHash)).size < request.releases.length) {
    throw new ThemisError('MESSAGE_INVALID', 'The request names a release twice.');
  }
  return withLock(context, async (): Promise<OperationResult> => {
    // What was cut off before is finished, whoever is in a hurry.
    await settle(context, onProgress);
    await finishRotation(context);
    throwIfCancelled(signal);
    const offered = await lookAtOffers(context, request);
    const listings = offered.flatMap(({ listed }) => (listed === undefined ? [] : [listed]));
    // After the indexes, which may have brought newer revocation lists; from here on nothing changes it.
    const record = await checkAuthority(context, request.authority);
    const beliefs: Beliefs = { record, trust: await readTrust(context, record) };
    const missing: Offered[] = [];
    for (const each of offered) {
      throwIfCancelled(signal);
      if (!(await isStaged(context, beliefs, each))) missing.push(each);
    }
    if (missing.length === 0) {
      await noteOffers(context, listings);
      return { kind: 'unchanged' };
    }
    const verified: Verified[] = [];
    for (const each of missing)
      verified.push(await withdrawing(context, each.release, () => verify(context, beliefs, each)));
    refuseMixedProducts(
      context,
      verified.map(({ manifest }) => manifest),
    );
    await checkSize(context, verified);
    const releases = await withPatches(context, beliefs, verified, onProgress);
    try {
      await stageNoting(context, releases, onProgress, signal);
      await noteAuthority(context, request.authority);
      await noteProduct(
        context,
        verified.map(({ manifest }) => manifest),
      );
    } catch (error) {
      // Tidying up does not hide why.
      await abandonReleases(context, releases, error).catch(() => {});
      throw error;
    }
    await place(context, verified);
    await noteOffers(context, listings);
    await rememberReleases(context, releases);
    for (const { remember } of verified) await remember?.();
    return { kind: 'done', restorePoint: null };
  }).catch((error: unknown) => {
    throw withAdvice(error);
  });
}

/** A full disk does not get any emptier by what stays. */
function withAdvice(error: unknown): unknown {
  if (!(error instanceof ThemisError) || error.code !== 'NO_SPACE') return error;
  const advice = 'What has come is kept for the next staging; `themis node prune` drops it.';
  return new ThemisError('NO_SPACE', `${error.message} ${advice}`, {
    cause: error,
    hint: 'Free space on this disk and stage again.',
  });
}

/** What the node goes by in one staging. */
interface Beliefs {
  readonly record: NodeRecord;
  readonly trust: TrustFiles;
}

async function lookAtOffers(context: NodeContext, request: StageRequest): Promise<readonly Offered[]> {
  const indexes: Indexes = new Map();
  const offered: Offered[] = [];
  for (const release of request.releases)
    offered.push(await withdrawing(context, release, () => offer(context, request, release, indexes)));
  return offered;
}

/** In one step a release, durable together. */
async function place(context: NodeContext, releases: readonly Verified[]): Promise<void> {
  for (const { manifest } of releases) {
    const target = context.layout.staged(manifest.manifestHash);
    await context.files.removeTree(target);
    await context.files.rename(partOf(context, manifest), target);
  }
  await context.files.syncDirectory(context.layout.downloads);
}

/** There, still what was verified, and believed today: a damaged copy, or one signed anew since, is fetched again. */
async function isStaged(
  context: NodeContext,
  { record, trust }: Beliefs,
  { release, history }: Offered,
): Promise<boolean> {
  if ((await context.files.lstat(context.layout.staged(release.manifestHash))) === null) return false;
  try {
    const manifest = await readStagedManifest(context, release);
    const hashes = manifest.files.map(({ sha256 }) => sha256);
    await verifyStagedFiles(context, manifest, await recallDownloads(context, hashes));
    await verifyStagedRelease(context, record, trust, release, history);
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
    if (error instanceof ThemisError && isRefusal(error)) await withdrawOffer(context, release.manifestHash);
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
  const address = JSON.stringify({ ...locator, path: '' });
  let index = indexes.get(address);
  if (index === undefined) {
    const trust = await readTrust(context, await checkAuthority(context, request.authority));
    indexes.set(address, (index = readIndex(context, { source, address }, trust)));
  }
  return { release, source, path, history, listed: listedIn(await index, release, path) };
}

async function verify(context: NodeContext, { record, trust }: Beliefs, offered: Offered): Promise<Verified> {
  const { release, source, path, history, listed } = offered;
  const { locator: _, ...wanted } = release;
  const result = await context.verifyRelease(source, path, {
    ...wanted,
    trust,
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
  if (history === 'none') acceptNew(context, record, manifest, listed);
  checkManifest(context, manifest);
  return { ...result, source, path, index: listed?.index };
}

/** With what can be made of bytes that are here. */
async function withPatches(
  context: NodeContext,
  { trust }: Beliefs,
  releases: readonly Verified[],
  onProgress: OnProgress,
): Promise<readonly Stageable[]> {
  const patched: Stageable[] = [];
  const note = (text: string): void => tell(onProgress, text);
  for (const release of releases) {
    const { manifest, source, index } = release;
    if (index === undefined || index.deltas.length === 0) {
      patched.push(release);
      continue;
    }
    // Only here: a process is started for every request, and the algorithms are a third of what it would load.
    const { findPatches } = await import('./delivery/patches/find-patches.ts');
    patched.push({ ...release, made: await findPatches(context, { manifest, source, index }, trust, note) });
  }
  return patched;
}

/** A file of the trail is no place for thousands of lines of one kind. */
const mostNoted = 50;

/** A copy that is not what it was says nothing of anybody; a patch that does not do what was signed for is noted. */
async function stageNoting(
  context: NodeContext,
  releases: readonly Stageable[],
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<void> {
  const details: string[] = [];
  try {
    const onFallback = ({ path, origin, error }: Fallback): void => {
      if (origin.kind !== 'made') return;
      const detail = `${path} comes whole, not by ${origin.name}: ${error.message}`;
      details.push(detail);
      tell(onProgress, detail);
    };
    await stageReleases(context, releases, { onProgress, onFallback, signal });
  } finally {
    const noted = details.slice(0, mostNoted);
    if (details.length > mostNoted) noted.push(`${details.length - mostNoted} more files come whole`);
    for (const detail of noted) await writeAudit(context, 'patch-refused', detail).catch(() => {});
  }
}

function tell(onProgress: OnProgress, text: string): void {
  onProgress({ kind: 'progress', phase: 'stage', note: text.slice(0, 1000) });
}

/** The release's directory in its source: `release.json` itself may be named as well. */
function directoryOf(locator: ReleaseLocator): string {
  const path = locator.path.replace(/(?:^|\/)release\.json$/u, '');
  if (path !== '' && pathProblem(path) !== undefined) {
    throw new ThemisError('UNSAFE_PATH', `The request names the release path "${locator.path}".`);
  }
  return path;
}

/**
 * Before the first byte: `freeSpaceFactor` (2) times the bytes of all files, for they are staged and then prepared for
 * the install, less what of them is here already. A content that several files have comes once, but lies in each.
 */
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
  const kept = await keptBytes(
    context,
    releases.map(({ manifest }) => manifest),
  );
  const neededBytes = Math.max(0, Math.ceil(sizeBytes * freeSpaceFactor) - kept);
  const { freeBytes } = await context.files.freeSpace(context.layout.downloads);
  if (freeBytes >= neededBytes) return;
  throw new ThemisError(
    'NO_SPACE',
    `${context.layout.downloads} has ${freeBytes} bytes free; staging needs ${neededBytes}.`,
  );
}
