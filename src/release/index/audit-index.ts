import { digestJson } from '../../kernel/digest.ts';
import { releaseDirectoryOf } from '../../model/release-format/layout.ts';
import type { ReleaseIndex } from '../../model/release.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import type { TrustStore } from '../../trust/policy/trust-store.ts';
import type { Refusal } from '../../trust/refusal.ts';
import { type AuditCheck, failed } from '../audit-release.ts';
import { type FoundDelta, indexedDeltaOf } from '../delta/scan-deltas.ts';
import type { FoundRelease } from '../scan-releases.ts';
import { withIndexLists } from './index-lists.ts';
import { verifyIndex } from './verify-index.ts';

export interface IndexAudit {
  readonly checks: readonly AuditCheck[];
  /** With the revocation lists that the index brings: what a node believes when it looks at the releases. */
  readonly trust: TrustStore;
}

/**
 * The index of a source held against its signature, its revocation lists and the releases that lie there; null where
 * there is none.
 */
export async function auditIndex(
  source: ReleaseSource,
  found: readonly FoundRelease[],
  deltas: readonly FoundDelta[],
  trust: TrustStore,
  nowMs: number,
): Promise<IndexAudit | null> {
  const checked = await verifyIndex(source, trust, nowMs);
  if (!checked.ok && checked.code === 'INDEX_MISSING') return null;
  if (!checked.ok) return { checks: [failed('signature', checked)], trust };
  const lists = await withIndexLists(source, checked.index, trust, nowMs);
  const mismatches = [...checkEntries(checked.index, found), ...checkDeltas(checked.index, deltas)];
  const checks: AuditCheck[] = [
    {
      name: 'signature',
      ok: true,
      detail: `${checked.signature.signer.algorithm} by ${checked.signature.signer.subject}`,
    },
    { name: 'release', ok: true, detail: `counter ${checked.index.counter}, fresh until ${checked.index.expiresAt}` },
    ...lists.notes.map((detail) => ({ name: 'revocation', ok: true, detail }) as const),
    ...lists.refusals.map((refusal) => failed('revocation', refusal)),
    ...mismatches.map((refusal) => failed('listing', refusal)),
    ...(mismatches.length === 0
      ? [
          {
            name: 'listing',
            ok: true,
            detail: `every release lies there as listed (${checked.index.entries.length})${deltasOf(checked.index)}`,
          } as const,
        ]
      : []),
  ];
  return { checks, trust: lists.trust };
}

function checkEntries(index: ReleaseIndex, found: readonly FoundRelease[]): Refusal[] {
  const hashes = new Map(
    found.flatMap(({ directory, result }) => (result.ok ? [[directory, result.manifest.manifestHash]] : [])),
  );
  return index.entries.flatMap(({ url, manifestHash }) => {
    const directory = releaseDirectoryOf(url);
    const actual = hashes.get(directory);
    if (actual === manifestHash) return [];
    const problem = actual === undefined ? 'is not there' : 'has another manifest';
    return [
      { ok: false as const, code: 'INDEX_OTHER_MANIFEST' as const, message: `${url} is in the index but ${problem}.` },
    ];
  });
}

function checkDeltas(index: ReleaseIndex, found: readonly FoundDelta[]): Refusal[] {
  const there = new Map(
    found.flatMap(({ directory, result }) => {
      if (!result.ok) return [];
      const indexed = indexedDeltaOf(directory, result.delta, result.digest);
      return [[indexed.url, digestJson(indexed)]];
    }),
  );
  return index.deltas.flatMap((listed) => {
    const actual = there.get(listed.url);
    if (actual === digestJson(listed)) return [];
    const problem = actual === undefined ? 'is not there' : 'is another';
    const message = `${listed.url} is in the index but ${problem}.`;
    return [{ ok: false as const, code: 'INDEX_OTHER_DELTA' as const, message }];
  });
}

function deltasOf({ deltas }: ReleaseIndex): string {
  return deltas.length === 0 ? '' : `, and every delta (${deltas.length})`;
}
