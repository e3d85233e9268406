/**
 * Ways to make what a release needs of what is on this node, by the signed deltas that its index lists. None of it makes
 * anything acceptable: a delta that is refused is left out, a patch that this node does not apply costs its file a whole
 * transfer, and in the end everything may come whole.
 */
import type { Digest } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { IndexedDelta } from '../../../model/delta.ts';
import type { ReleaseIndex, ReleaseIndexEntry, ReleaseManifest } from '../../../model/release.ts';
import type { ReleaseSource } from '../../../ports/release-source.ts';
import type { NodeContext } from '../../context.ts';
import type { TrustFiles } from '../../deps.ts';
import { filesFor, stagedHashes } from '../../operation/staged-release.ts';
import { manifestHashes, readInstalled } from '../../state/installed.ts';
import { listRestorePoints } from '../../state/restore-points.ts';
import { writeAudit } from '../../trust/audit.ts';
import type { Content, MadeOrigin } from '../delivery.ts';
import { findLocalCopies } from '../local-copies.ts';
import { lookAtBases, type Bases } from './bases.ts';
import { madeByPatches, refusedPatches } from './made-by-patches.ts';
import { objectionTo, refusalFor } from './patch-memory.ts';
import { bytesToFetch, type PatchPlan, type PatchStep, planPatches, type ReadDelta } from './plan-patches.ts';
import { readDeltas } from './read-deltas.ts';

export interface Patchable {
  readonly manifest: ReleaseManifest;
  readonly source: ReleaseSource;
  /** Believed, and lists the release. */
  readonly index: ReleaseIndex;
}

const anything = { has: () => true } as const;

/** By SHA-256 of what is made. `note` is told of every delta that is not used in spite of being listed. */
export async function findPatches(
  context: NodeContext,
  patchable: Patchable,
  trust: TrustFiles,
  note: (detail: string) => void,
): Promise<ReadonlyMap<string, MadeOrigin>> {
  const { manifest, index } = patchable;
  const offered = index.deltas.filter((delta) => delta.package === manifest.package);
  if (offered.length === 0) return new Map();
  const copies = await findLocalCopies(context, anything);
  const missing = filesFor(context, manifest).filter(({ sha256 }) => !copies.has(sha256));
  if (missing.length === 0) return new Map();
  const wanted = [...new Map(missing.map((file) => [file.sha256, file])).values()];
  const here: Bases = new Map();
  const entries = new Map(index.entries.map((entry) => [entry.manifestHash, entry]));
  const deltas = await readDeltas({
    offered,
    to: manifest.manifestHash,
    bases: await basesOf(context),
    read: (link) => readDelta(context, patchable, entries, link, trust),
    onRefusal: async ({ url }, error) => {
      const detail = `${url} is not used: ${error.message}`;
      note(detail);
      await writeAudit(context, 'delta-refused', detail).catch(() => {});
    },
    bytesToFetch: async (read) => {
      await lookAtBases(context.files, copies, read, here);
      return bytesToFetch(wanted, planned(context, read, here, wanted));
    },
  });
  return origins(context, patchable, deltas, here, wanted);
}

/** Releases whose files are here: installed, kept for a restore point, or staged. */
async function basesOf(context: NodeContext): Promise<ReadonlySet<Digest>> {
  const { points } = await listRestorePoints(context);
  return new Set([
    ...manifestHashes((await readInstalled(context)).packages),
    ...points.flatMap(({ packages }) => [...manifestHashes(packages)]),
    ...(await stagedHashes(context)),
  ]);
}

async function readDelta(
  context: NodeContext,
  { manifest, source, index }: Patchable,
  entries: ReadonlyMap<Digest, ReleaseIndexEntry>,
  { url, sha256, from: start, to: end }: IndexedDelta,
  trust: TrustFiles,
): Promise<ReadDelta | ThemisError> {
  const [from, to] = [entries.get(start), entries.get(end)];
  if (from === undefined || to === undefined)
    return new ThemisError('INDEX_INVALID', 'The index lists a delta between releases that it does not list.');
  try {
    const result = await context.verifyDelta(source, url, {
      trust,
      nowMs: context.clock.nowMs(),
      sha256,
      from,
      to: end === manifest.manifestHash ? manifest : targetOf(index, to),
    });
    return result.kind === 'refused' ? result.error : { url, delta: result.delta };
  } catch (error) {
    // A source that does not give a delta may give the files all the same; one that wants to be left alone does not.
    if (!(error instanceof ThemisError) || error.code === 'BUG' || error.code === 'CANCELLED') throw error;
    if (error.retryAfterMs !== undefined) throw error;
    return error;
  }
}

/** Of a release on the way nothing is known but what the index says. */
function targetOf({ product }: ReleaseIndex, entry: ReleaseIndexEntry) {
  const { package: name, version, platform, architecture, manifestHash } = entry;
  return { product, package: name, version, platform, architecture, manifestHash };
}

function planned(
  { config }: NodeContext,
  deltas: readonly ReadDelta[],
  here: Bases,
  wanted: readonly Content[],
  usable = (step: PatchStep) => objectionTo(step, config.delivery.patchMemoryBytes) === undefined,
) {
  return planPatches(deltas, (sha256) => here.get(sha256)?.sizeBytes, wanted, usable);
}

function origins(
  context: NodeContext,
  { source }: Patchable,
  deltas: readonly ReadDelta[],
  here: Bases,
  wanted: readonly Content[],
): ReadonlyMap<string, MadeOrigin> {
  const plans = planned(context, deltas, here, wanted);
  const found = new Map<string, MadeOrigin>();
  for (const [sha256, plan] of plans)
    found.set(sha256, madeByPatches(context, source, plan, here.get(plan.steps[0].file.baseHash)!.paths));
  // What would be made if this node applied everything comes whole, and it is said why.
  for (const [sha256, plan] of planned(context, deltas, here, wanted, () => true)) {
    if (found.has(sha256)) continue;
    const refusal = refusalOf(plan, context.config.delivery.patchMemoryBytes);
    if (refusal !== undefined) found.set(sha256, refusedPatches(plan, refusal));
  }
  return found;
}

/** Of the first step that is not applied here. */
function refusalOf({ steps }: PatchPlan, memoryBytes: number): ThemisError | undefined {
  for (const step of steps) {
    const objection = objectionTo(step, memoryBytes);
    if (objection !== undefined) return refusalFor(step, objection, memoryBytes);
  }
  return undefined;
}
