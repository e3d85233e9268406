/**
 * Staging: verify signature and manifest first, then deliver into `downloads/<hash>.part` while hashing, sync, and rename
 * to `downloads/<hash>`. What stands there under a hash was verified. A refusal, at whatever point, leaves the node
 * root as it was before, and nothing of what was begun; a network that fails leaves what another run goes on from.
 * Several releases are staged all or none.
 */
import { ThemisError } from '../kernel/error.ts';
import { pathProblem } from '../kernel/path-guard.ts';
import type { NodeProgress, NodeRequest, OperationResult, ReleaseLocator, StagedRelease } from '../model/message.ts';
import type { ReleaseIndex } from '../model/release.ts';
import type { ReleaseSource } from '../ports/release-source.ts';
import type { NodeContext } from './context.ts';
import { abandonReleases, keptBytes, partOf, rememberReleases, stageReleases } from './delivery/stage-releases.ts';
import type { VerifiedRelease } from './deps.ts';
import { checkManifest, payloadBytes, readStagedManifest, verifyStagedFiles } from './operation/staged-release.ts';
import { settle } from './operation/operate.ts';
import { checkAuthority, noteAuthority } from './state/authority.ts';
import { recallDownloads } from './state/download-memory.ts';
import { withLock } from './state/lock.ts';
import { acceptNew, type Listed, listedIn, noteProduct, readIndex, refuseMixedProducts } from './trust/acceptance.ts';
import { historyOf } from './trust/history.ts';
import { finishRotation } from './trust/rotate-anchors.ts';
import { readTrust } from './trust/trust-files.ts';

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
    const missing: StagedRelease[] = [];
    for (const release of request.releases) if (!(await isStaged(context, release))) missing.push(release);
    if (missing.length === 0) return { kind: 'unchanged' };
    await finishRotation(context);
    const verified: Verified[] = [];
    const indexes: Indexes = new Map();
    for (const release of missing) verified.push(await verify(context, request, release, indexes));
    refuseMixedProducts(
      context,
      verified.map(({ manifest }) => manifest),
    );
    await checkSize(context, verified);
    try {
      await stageReleases(context, verified, onProgress);
      await noteAuthority(context, request.authority);
      await noteProduct(
        context,
        verified.map(({ manifest }) => manifest),
      );
    } catch (error) {
      // Tidying up does not hide why.
      await abandonReleases(context, verified, error).catch(() => {});
      throw error;
    }
    for (const { manifest } of verified) {
      const target = context.layout.staged(manifest.manifestHash);
      await context.files.removeTree(target);
      await context.files.rename(partOf(context, manifest), target);
    }
    await context.files.syncDirectory(context.layout.downloads);
    await rememberReleases(context, verified);
    for (const { remember } of verified) await remember?.();
    return { kind: 'done', restorePoint: null };
  });
}

/** There, and still what was verified: a damaged copy is fetched again. */
async function isStaged(context: NodeContext, release: StagedRelease): Promise<boolean> {
  if ((await context.files.lstat(context.layout.staged(release.manifestHash))) === null) return false;
  try {
    const manifest = await readStagedManifest(context, release);
    await verifyStagedFiles(
      context,
      manifest,
      await recallDownloads(
        context,
        manifest.files.map(({ sha256 }) => sha256),
      ),
    );
    return true;
  } catch (error) {
    if (error instanceof ThemisError && error.code !== 'IO') return false;
    throw error;
  }
}

/** One look at the index of each source for a whole request: what it lists belongs together. */
type Indexes = Map<string, Promise<ReleaseIndex>>;

async function verify(
  context: NodeContext,
  request: StageRequest,
  release: StagedRelease,
  indexes: Indexes,
): Promise<Verified> {
  const { locator, ...wanted } = release;
  const source = context.openSource(locator);
  const path = directoryOf(locator);
  const history = await historyOf(context, release.manifestHash);
  const trustNow = async () => readTrust(context, await checkAuthority(context, request.authority));
  let listed: Listed | undefined;
  if (history === 'none') {
    const key = JSON.stringify({ ...locator, path: '' });
    const index = indexes.get(key) ?? readIndex(context, source, await trustNow());
    indexes.set(key, index);
    listed = listedIn(await index, release, path);
  }
  const result = await context.verifyRelease(source, path, {
    ...wanted,
    // Again, because an index may have brought newer revocation lists.
    trust: await trustNow(),
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
  if (history !== 'installed') acceptNew(context, record, manifest, listed);
  checkManifest(context, manifest);
  return { ...result, source, path };
}

/** The release's directory in its source: `release.json` itself may be named as well. */
function directoryOf(locator: ReleaseLocator): string {
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
    { hint: 'Free space on this disk and stage again.' },
  );
}
