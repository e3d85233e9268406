import { digestBytes, hexOf } from '../../kernel/digest.ts';
import { releaseLimits } from '../../model/release-format/layout.ts';
import type { IndexedList, ReleaseIndex } from '../../model/release.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { takeList } from '../../trust/policy/take-list.ts';
import type { TrustStore } from '../../trust/policy/trust-store.ts';
import type { Refusal } from '../../trust/refusal.ts';
import { readIfThere } from '../read-if-there.ts';

/** A revocation list as the index names it, byte for byte, or INDEX_LIST. */
export async function readIndexedList(
  source: ReleaseSource,
  { url, sha256 }: IndexedList,
): Promise<{ readonly ok: true; readonly bytes: Uint8Array } | Refusal> {
  const bytes = await readIfThere(source, url, releaseLimits.listBytes);
  if (bytes === null) return refusal(`The index names the revocation list ${url}, which is missing.`);
  if (hexOf(digestBytes(bytes)) === sha256) return { ok: true, bytes };
  return refusal(`${url} is not the revocation list that the index names.`);
}

/**
 * The trust of whoever takes the lists of a believed index as a node does, and what there is to say of each list. The
 * list of somebody who is no anchor changes nothing; any other that cannot be used is a refusal.
 */
export async function withIndexLists(
  source: ReleaseSource,
  index: ReleaseIndex,
  before: TrustStore,
  nowMs: number,
): Promise<{
  readonly trust: TrustStore;
  readonly notes: readonly string[];
  readonly refusals: readonly Refusal[];
}> {
  const crls = [...before.crls];
  const trust = { ...before, crls };
  const notes: string[] = [];
  const refusals: Refusal[] = [];
  for (const listed of index.crls ?? []) {
    const read = await readIndexedList(source, listed);
    const taken = read.ok ? takeList(read.bytes, trust, nowMs) : read;
    if (!taken.ok) {
      if (taken.code === 'CRL_SIGNER_UNTRUSTED') notes.push(`${listed.url} is of no anchor and says nothing here`);
      else refusals.push({ ...taken, message: `${listed.url}: ${taken.message}` });
      continue;
    }
    const { list } = taken;
    if (list === null) {
      notes.push(`${listed.url} is at hand`);
      continue;
    }
    notes.push(`${listed.url} of ${list.issuer.text}, ${list.entries.size} revoked`);
    crls.push(list);
  }
  return { trust, notes, refusals };
}

function refusal(message: string): Refusal {
  return { ok: false, code: 'INDEX_LIST', message };
}
