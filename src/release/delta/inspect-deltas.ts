/**
 * What an index has to know of a delta that lies there before it sends nodes to it: that its signature is one over these
 * bytes, by somebody whom the anchors name where they are at hand, and that every patch lies there with its size. What
 * is in the patches is for `release verify` to read.
 */
import { digestBytes } from '../../kernel/digest.ts';
import { patchPathOf, releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import { distinctPatches } from '../../model/release-format/parse-delta.ts';
import type { FileSystem } from '../../ports/file-system.ts';
import { signersOf } from '../../trust/cms/signers-of.ts';
import { verifyDetached } from '../../trust/cms/verify-detached.ts';
import type { TrustStore } from '../../trust/policy/trust-store.ts';
import type { DeltaFault, FoundDelta } from './scan-deltas.ts';

/** `trust`: null where nobody said whom to believe. Adds a fault to each delta that has one. */
export async function inspectDeltas(
  fileSystem: FileSystem,
  root: string,
  found: readonly FoundDelta[],
  trust: TrustStore | null,
  nowMs: number,
): Promise<FoundDelta[]> {
  const inspected: FoundDelta[] = [];
  for (const delta of found) {
    const fault =
      (await signatureFault(fileSystem, root, delta, trust, nowMs)) ?? (await patchFault(fileSystem, root, delta));
    inspected.push(fault === null ? delta : { ...delta, fault });
  }
  return inspected;
}

async function signatureFault(
  fileSystem: FileSystem,
  root: string,
  { directory, isSigned, result }: FoundDelta,
  trust: TrustStore | null,
  nowMs: number,
): Promise<DeltaFault | null> {
  if (!isSigned || !result.ok) return null;
  const fault = (message: string): DeltaFault => ({ code: 'THM2029', message });
  const place = `${root}/${directory}`;
  const stat = await fileSystem.lstat(`${place}/${releaseNames.deltaSignature}`);
  if (stat?.kind !== 'file' || stat.sizeBytes > releaseLimits.signatureBytes)
    return fault('Its signature is too large.');
  const content = await fileSystem.readFile(`${place}/${releaseNames.delta}`);
  const signature = await fileSystem.readFile(`${place}/${releaseNames.deltaSignature}`);
  if (digestBytes(content) !== result.digest) return fault('It has just changed.');
  const verified =
    trust === null
      ? signersOf(content, signature)
      : verifyDetached({ content, signature, trust, nowMs, profile: 'codeSigning' });
  return verified.ok ? null : fault(verified.message);
}

async function patchFault(
  fileSystem: FileSystem,
  root: string,
  { directory, result }: FoundDelta,
): Promise<DeltaFault | null> {
  if (!result.ok) return null;
  const fault = (message: string): DeltaFault => ({ code: 'THM2030', message });
  for (const { path, patchUrl, patchSize } of distinctPatches(result.delta.files)) {
    const stat = await fileSystem.lstat(`${root}/${patchPathOf(`${directory}/${releaseNames.delta}`, patchUrl)}`);
    if (stat?.kind !== 'file') return fault(`The patch of ${path} is missing, or no plain file.`);
    if (stat.sizeBytes !== patchSize)
      return fault(`The patch of ${path} has ${stat.sizeBytes} bytes, not the ${patchSize} that were signed.`);
  }
  return null;
}
