/** Everything that is right and wrong with a delta, for people: its signature, its releases, and every patch it names. */
import { hexOf } from '../../kernel/digest.ts';
import { formatSize } from '../../kernel/units/size.ts';
import type { DeltaFile, ReleaseDelta } from '../../model/delta.ts';
import { patchPathOf, releaseNames } from '../../model/release-format/layout.ts';
import { distinctPatches } from '../../model/release-format/parse-delta.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import type { TrustStore } from '../../trust/policy/trust-store.ts';
import type { Refusal } from '../../trust/refusal.ts';
import { type AuditCheck, checkOf, describeSignature, failed, passed } from '../audit-release.ts';
import { hashSourceFile } from '../hash-source-file.ts';
import type { FoundRelease } from '../scan-releases.ts';
import type { Verify } from '../store/verify-cached.ts';
import { readDelta } from './read-delta.ts';
import { type FoundDelta, patchBytesOf } from './scan-deltas.ts';

export interface DeltaAuditInput {
  readonly source: ReleaseSource;
  /** The releases that lie beside it. */
  readonly releases: readonly FoundRelease[];
  readonly trust: TrustStore;
  readonly nowMs: number;
  readonly verify: Verify;
}

export async function auditDelta({ directory, result }: FoundDelta, input: DeltaAuditInput): Promise<AuditCheck[]> {
  if (!result.ok) return [failed('delta', { code: 'DELTA_INVALID', message: result.message })];
  const { source, releases, trust, nowMs, verify } = input;
  const { delta } = result;
  const from = manifestOf(releases, delta.fromManifestHash);
  const to = manifestOf(releases, delta.toManifestHash);
  if (from === undefined)
    return [failed('delta', { code: 'DELTA_FROM', message: `Its start ${delta.from} is not there, or another.` })];
  if (to === undefined)
    return [failed('delta', { code: 'DELTA_TO', message: `Its end ${delta.to} is not there, or another.` })];
  const files = new Map(from.files.map(({ path, sha256 }) => [path, sha256]));
  const url = `${directory}/${releaseNames.delta}`;
  const checked = await readDelta(source, url, trust, { from: { ...from, files }, to }, nowMs, verify);
  if (!checked.ok) return [failed(checkOf(checked.code), checked)];
  const bad = await refusedPatches(source, url, checked.delta);
  return [
    ...describeSignature(checked.signature),
    passed('delta', `from ${delta.from} to ${delta.to}, ${delta.files.length} of ${to.files.length} files`),
    ...(bad.length === 0 ? [passed('patches', describePatches(checked.delta))] : bad),
  ];
}

async function refusedPatches(source: ReleaseSource, url: string, { files }: ReleaseDelta): Promise<AuditCheck[]> {
  const bad: AuditCheck[] = [];
  for (const file of distinctPatches(files)) {
    const refusal = await verifyPatch(source, patchPathOf(url, file.patchUrl), file);
    if (refusal !== null) bad.push(failed('patches', refusal));
  }
  return bad;
}

async function verifyPatch(source: ReleaseSource, path: string, file: DeltaFile): Promise<Refusal | null> {
  const refusal = (code: Refusal['code'], what: string): Refusal => {
    return { ok: false, code, message: `The patch of ${file.path} ${what}.` };
  };
  const found = await hashSourceFile(source, path, file.patchSize);
  if (found.kind !== 'hashed') return refusal('DELTA_PATCH_MISSING', 'is missing, or no plain file');
  const { sizeBytes, digest } = found;
  if (sizeBytes > file.patchSize) return refusal('DELTA_PATCH_SIZE', `has more than ${file.patchSize} bytes`);
  if (sizeBytes !== file.patchSize)
    return refusal('DELTA_PATCH_SIZE', `has not the ${file.patchSize} bytes that it should have`);
  return hexOf(digest) === file.patchHash
    ? null
    : refusal('DELTA_PATCH_HASH', 'is not the one that was signed: its hash differs');
}

function describePatches(delta: ReleaseDelta): string {
  const { files } = delta;
  const targetBytes = files.reduce((sum, { targetSize }) => sum + targetSize, 0);
  return `${formatSize(patchBytesOf(delta))} in place of ${formatSize(targetBytes)}, every hash fits`;
}

function manifestOf(releases: readonly FoundRelease[], hash: string): ReleaseManifest | undefined {
  for (const { result } of releases) if (result.ok && result.manifest.manifestHash === hash) return result.manifest;
  return undefined;
}
