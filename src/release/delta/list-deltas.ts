/**
 * Which of the deltas that lie there an index lists: signed ones between two of its releases. None of them is worth
 * refusing an index, so whatever is wrong with one is a warning.
 * Findings: THM2025 not a delta, THM2026 unsigned, THM2027 between releases that are not there, THM2028 twice,
 * THM2029 its signature does not hold, THM2030 a patch is not there.
 */
import type { Digest } from '../../kernel/digest.ts';
import { compareText, type Finding, type FindingCode } from '../../kernel/finding.ts';
import type { IndexedDelta, ReleaseDelta } from '../../model/delta.ts';
import { deltaKey } from '../../model/release-format/index-delta.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import { type FoundDelta, indexedDeltaOf } from './scan-deltas.ts';

export function listDeltas(
  found: readonly FoundDelta[],
  manifests: readonly ReleaseManifest[],
): { readonly deltas: readonly IndexedDelta[]; readonly findings: readonly Finding[] } {
  const byHash = new Map(manifests.map((manifest) => [manifest.manifestHash, manifest]));
  const listed = new Map<string, IndexedDelta>();
  const findings: Finding[] = [];
  for (const { directory, isSigned, result, fault } of found) {
    const note = (code: FindingCode, summary: string, fix: string): void =>
      void findings.push({ severity: 'warning', code, summary, fix });
    if (!result.ok) {
      note('THM2025', `The delta in ${directory} is left out: ${result.message}`, 'Make it again or remove it.');
      continue;
    }
    const indexed = indexedDeltaOf(directory, result.delta, result.digest);
    const again = `Make it again or remove it: themis release delta --from ${result.delta.from} --to ${result.delta.to}`;
    if (!isSigned) note('THM2026', `The delta in ${directory} is left out: it is not signed.`, again);
    else if (!connects(result.delta, byHash))
      note('THM2027', `The delta in ${directory} is left out: its releases are not those that lie here.`, again);
    else if (fault !== undefined) note(fault.code, `The delta in ${directory} is left out: ${fault.message}`, again);
    else if (listed.has(deltaKey(indexed)))
      note('THM2028', `The delta in ${directory} is left out: another lies beside it.`, 'Remove one of them.');
    else listed.set(deltaKey(indexed), indexed);
  }
  return { deltas: [...listed.values()].sort((a, b) => compareText(deltaKey(a), deltaKey(b))), findings };
}

function connects(delta: ReleaseDelta, byHash: ReadonlyMap<Digest, ReleaseManifest>): boolean {
  const from = byHash.get(delta.fromManifestHash);
  const to = byHash.get(delta.toManifestHash);
  return (
    from?.version === delta.from &&
    from.package === delta.package &&
    to?.version === delta.to &&
    to.package === delta.package &&
    to.product === delta.product &&
    to.platform === delta.platform &&
    to.architecture === delta.architecture
  );
}
